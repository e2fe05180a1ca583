//! A clinic that goes on working in FileMaker between the first extract and the last.

use wattle_filemaker_standin::Settings;
use wattle_fm_migrate::verify::checksums;
use wattle_fm_migrate::wire::Route;

use super::support::{CLINIC, House, database, number, plan, small, word};

/// What a clinic does in a week: the ids of the record that was deleted and of the one that was edited.
fn a_week_passes(house: &House) -> (String, String) {
    house.standin.with(|d| {
        let book = d.table_mut("Appointments").unwrap();
        let touched: Vec<u64> = book.records.iter().take(30).map(|r| r.id).collect();
        for id in touched {
            // Opened and committed without a change: the count of changes rises, the content does not.
            let same = book.record(id).unwrap().cells[13].clone();
            book.edit(id, "Notes", &same);
        }
        let gone = book.records[100].cells[0].clone();
        let id = book.records[100].id;
        book.delete(id);
        let edited = book.records[200].cells[0].clone();
        let id = book.records[200].id;
        book.edit(id, "Notes", "Changed in FileMaker");
        let mut cells = book.records[300].cells.clone();
        (cells[0], cells[3]) = ("888888".into(), "3/2/2031".into());
        book.add(cells);
        (gone, edited)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn new_changed_and_deleted_records_arrive_and_nothing_else_does() {
    for route in [Route::Odata, Route::DataApi] {
        let Some(url) = database(&format!("week_{}", route.as_str())).await else { return };
        let house = House::new(small(), Settings::default()).await;
        house.extract(&url, route).await.unwrap();
        house.import(&url, route).await.unwrap();
        a_week_passes(&house);
        let before = house.standin.requests("odata");
        let delta = house.extract(&url, route).await.unwrap();
        let book = &delta["appointments"];
        assert_eq!((book.paged.new, book.paged.changed, book.gone), (1, 1, 1), "{route:?}: {book:?}");
        assert_eq!(book.paged.touched, 30, "{route:?}: a count that rises is no change");
        assert!(!book.renumbered);
        assert_eq!(delta["patients"].paged, Default::default());
        if route == Route::Odata {
            let asked = house.standin.requests("odata") - before;
            // Twenty records of each table are fetched again: a clone may hide behind equal numbers.
            assert!(asked < 370, "rows are not read again: {asked} requests");
        }
        let report = house.import(&url, route).await.unwrap();
        let main = report.tables["appointments"].main;
        assert_eq!((main.inserted, main.updated, main.removed), (1, 1, 1), "{route:?}: {main:?}");
        let fresh = database(&format!("fresh_{}", route.as_str())).await.unwrap();
        house.extract(&fresh, route).await.unwrap();
        house.import(&fresh, route).await.unwrap();
        let (mut delta, mut all) =
            (checksums(&url, CLINIC).await.unwrap(), checksums(&fresh, CLINIC).await.unwrap());
        // What happened to a booking stays written, also when FileMaker forgets the booking.
        assert!(delta.remove("appointment_event").unwrap() > all.remove("appointment_event").unwrap());
        assert_eq!(delta, all, "{route:?}: a delta ends where a whole load does");
        assert_eq!(
            number(&url, "SELECT count(*) FROM staging.superseded WHERE why = 'gone'").await,
            1,
            "what FileMaker lost is kept"
        );
        assert_eq!(house.import(&url, route).await.unwrap().written, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_comes_back_comes_back_and_one_that_a_person_changed_stays() {
    let Some(url) = database("back").await else { return };
    let house = House::new(plan(), Settings::default()).await;
    house.extract(&url, Route::Odata).await.unwrap();
    house.import(&url, Route::Odata).await.unwrap();
    let wanted = checksums(&url, CLINIC).await.unwrap();
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    // Two patients without bookings go in FileMaker; one of them somebody has worked on in Wattle.
    let two = house.standin.with(|d| {
        let booked: Vec<String> =
            d.table("Appointments").unwrap().records.iter().map(|r| r.cells[1].trim().to_owned()).collect();
        let patients = d.table_mut("Patients").unwrap();
        let free = |r: &&wattle_filemaker_standin::database::Record| {
            !booked.contains(&r.cells[0]) && r.id.is_multiple_of(2)
        };
        let two: Vec<_> = patients.records.iter().filter(free).skip(20).take(2).cloned().collect();
        two.iter().for_each(|r| patients.delete(r.id));
        two
    });
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "SELECT set_config('wattle.clinic', '{CLINIC}', false), set_config('wattle.user', '{}', false);
         UPDATE clinic.patient SET preferred_name = 'By hand' WHERE record_number = '{}'",
        uuid::Uuid::from_u128(1),
        two[1].cells[0]
    )))
    .execute(&pool)
    .await
    .unwrap();
    house.extract(&url, Route::Odata).await.unwrap();
    let report = house.import(&url, Route::Odata).await.unwrap();
    let main = report.tables["patients"].main;
    assert_eq!((main.removed, main.kept), (1, 1), "{main:?}");
    let alive: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM clinic.patient WHERE record_number = ANY ($1) AND deleted_at IS NULL",
    )
    .bind(two.iter().map(|r| r.cells[0].clone()).collect::<Vec<_>>())
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(alive, 1, "a person's work is not deleted");
    // The first comes back, out of a backup.
    house.standin.with(|d| {
        let patients = d.table_mut("Patients").unwrap();
        patients.records.extend(two.iter().cloned());
        patients.records.sort_by_key(|r| r.id);
    });
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "SELECT set_config('wattle.clinic', '{CLINIC}', false), set_config('wattle.user', '{}', false);
         UPDATE clinic.patient SET preferred_name = nullif('{}', '') WHERE record_number = '{}'",
        uuid::Uuid::from_u128(1),
        two[1].cells[4],
        two[1].cells[0]
    )))
    .execute(&pool)
    .await
    .unwrap();
    house.extract(&url, Route::Odata).await.unwrap();
    house.import(&url, Route::Odata).await.unwrap();
    assert_eq!(checksums(&url, CLINIC).await.unwrap(), wanted);
    pool.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_lacks_a_record_deletes_nothing() {
    let Some(url) = database("part").await else { return };
    let house = House::new(plan(), Settings::default()).await;
    house.import(&url, Route::File).await.unwrap();
    let before = number(&url, "SELECT count(*) FROM clinic.appointment WHERE deleted_at IS NULL").await;
    let path = house.folder.path().join("Appointments.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let some: Vec<&str> = text.split_inclusive('\r').take(2_000).collect();
    std::fs::write(&path, some.concat()).unwrap();
    let report = house.import(&url, Route::File).await.unwrap();
    assert_eq!(
        report.tables["appointments"].main.removed, 0,
        "a file may be a part: only a whole table tells"
    );
    assert_eq!(
        number(&url, "SELECT count(*) FROM clinic.appointment WHERE deleted_at IS NULL").await,
        before
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_is_whole_says_what_is_gone_and_an_empty_one_is_refused() {
    let Some(url) = database("whole").await else { return };
    let house = House::new(plan(), Settings::default()).await;
    house.edit_mapping("[recalls]\n", "[recalls]\nwhole = true\n");
    house.import(&url, Route::File).await.unwrap();
    let key = word(
        &url,
        "SELECT source_key FROM clinic.migration_map WHERE source_table = 'recalls' ORDER BY 1 LIMIT 1",
    )
    .await;
    let gone = "SELECT count(*) FROM clinic.recall WHERE deleted_at IS NOT NULL";
    let path = house.folder.path().join("Recalls.tab");
    let text = std::fs::read(&path).unwrap();
    let begins = format!("{key}\t");
    let is_its = |line: &[u8]| line.strip_prefix(b"\n").unwrap_or(line).starts_with(begins.as_bytes());
    let others: Vec<&[u8]> = text.split_inclusive(|b| *b == b'\r').filter(|line| !is_its(line)).collect();
    assert!(others.concat().len() < text.len(), "the export has a line of {key}");
    std::fs::write(&path, others.concat()).unwrap();
    let report = house.import(&url, Route::File).await.unwrap();
    assert_eq!(report.tables["recalls"].main.removed, 1);
    assert_eq!(number(&url, gone).await, 1);
    house.verified(&url).await;

    std::fs::write(&path, "").unwrap();
    let refused = house.import(&url, Route::File).await.unwrap_err().to_string();
    assert!(refused.contains("[recalls]") && refused.contains("whole = true"), "{refused}");
    assert_eq!(number(&url, gone).await, 1);

    std::fs::write(&path, text).unwrap();
    house.import(&url, Route::File).await.unwrap();
    assert_eq!(number(&url, gone).await, 0, "it comes back");
    house.verified(&url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_with_new_record_numbers_is_recognised_and_changes_nothing_here() {
    for (route, first) in [(Route::Odata, 1), (Route::Odata, 500_000), (Route::DataApi, 1)] {
        let name = format!("clone_{}_{first}", route.as_str());
        let Some(url) = database(&name).await else { return };
        let house = House::new(small(), Settings::default()).await;
        house.extract(&url, route).await.unwrap();
        house.import(&url, route).await.unwrap();
        let wanted = checksums(&url, CLINIC).await.unwrap();
        // Saved as a clone and imported again: every count of changes starts anew, every number is another record's.
        house.standin.with(|d| d.tables.iter_mut().for_each(|t| t.renumber(first)));
        let delta = house.extract(&url, route).await.unwrap();
        assert!(delta["patients"].renumbered, "{name}: {:?}", delta["patients"]);
        let report = house.import(&url, route).await.unwrap();
        assert_eq!(report.written, 0, "{name}");
        assert_eq!(checksums(&url, CLINIC).await.unwrap(), wanted, "{name}");
        // And once more, now that both sides count from nought: only the content can tell.
        house.standin.with(|d| {
            let patients = d.table_mut("Patients").unwrap();
            patients.records.iter_mut().for_each(|r| r.mod_id = 1);
        });
        house.extract(&url, route).await.unwrap();
        house.standin.with(|d| {
            let patients = d.table_mut("Patients").unwrap();
            let ids: Vec<u64> = patients.records.iter().map(|r| r.id).collect();
            patients.records.rotate_left(1);
            for (record, id) in patients.records.iter_mut().zip(ids) {
                record.id = id;
            }
        });
        let delta = house.extract(&url, route).await.unwrap();
        assert!(delta["patients"].renumbered, "{name}: equal numbers hide nothing");
        house.import(&url, route).await.unwrap();
        assert_eq!(checksums(&url, CLINIC).await.unwrap(), wanted, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bookings_may_swap_their_slots_and_take_those_that_became_free() {
    let Some(url) = database("swap").await else { return };
    let house = House::new(small(), Settings::default()).await;
    house.extract(&url, Route::Odata).await.unwrap();
    house.import(&url, Route::Odata).await.unwrap();
    // Loaded bookings of the future: nothing but their slot keeps others out.
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    let keys: Vec<String> = sqlx::query_scalar(
        "SELECT m.source_key FROM clinic.appointment a JOIN clinic.migration_map m ON m.row_id = a.id
         WHERE a.status IN ('booked', 'confirmed') AND NOT a.double_booking ORDER BY a.start_at DESC LIMIT 6",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(keys.len(), 6);
    house.standin.with(|d| {
        let book = d.table_mut("Appointments").unwrap();
        let find = |book: &wattle_filemaker_standin::database::Table, key: &str| {
            book.records.iter().find(|r| r.cells[0] == key).unwrap().clone()
        };
        let slot = [2, 3, 4, 5]; // who, date, time, length
        let six: Vec<_> = keys.iter().map(|key| find(book, key)).collect();
        let names: Vec<String> = slot.iter().map(|i| book.fields[*i].name.clone()).collect();
        let mut put = |id: u64, from: &wattle_filemaker_standin::database::Record| {
            for (i, name) in slot.iter().zip(&names) {
                book.edit(id, name, &from.cells[*i]);
            }
        };
        // Two swap; one moves to where another is deleted; a new one takes the place of the one that moved.
        put(six[0].id, &six[1]);
        put(six[1].id, &six[0]);
        put(six[2].id, &six[3]);
        book.delete(six[3].id);
        let mut cells = six[2].cells.clone();
        cells[0] = "777001".into();
        book.add(cells);
    });
    house.extract(&url, Route::Odata).await.unwrap();
    let report = house.import(&url, Route::Odata).await.unwrap();
    let main = report.tables["appointments"].main;
    assert_eq!((main.inserted, main.updated, main.removed), (1, 3, 1), "{main:?}");
    let fresh = database("swap_fresh").await.unwrap();
    house.extract(&fresh, Route::Odata).await.unwrap();
    house.import(&fresh, Route::Odata).await.unwrap();
    let (delta, all) = (checksums(&url, CLINIC).await.unwrap(), checksums(&fresh, CLINIC).await.unwrap());
    assert_eq!(delta["appointment"], all["appointment"], "as if it had always been so");
    pool.close().await;
}
