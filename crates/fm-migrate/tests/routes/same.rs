//! Whichever way it comes out, it is the same clinic.

use wattle_filemaker_standin::Settings;
use wattle_fm_migrate::verify::checksums;
use wattle_fm_migrate::wire::Route;

use super::support::{CLINIC, House, database, number, plan};

#[tokio::test(flavor = "multi_thread")]
async fn files_odata_and_the_data_api_give_the_same_target() {
    let Some(files) = database("same_files").await else { return };
    let house = House::new(plan(), Settings { page_rows: 700, ..Settings::default() }).await;
    let by_files = house.import(&files, Route::File).await.unwrap();
    let wanted = checksums(&files, CLINIC).await.unwrap();
    assert!(wanted["patient"].starts_with("1000 "), "{wanted:?}");
    assert!(wanted["appointment"].starts_with("3000 "), "{wanted:?}");
    for route in [Route::Odata, Route::DataApi] {
        let url = database(&format!("same_{}", route.as_str())).await.unwrap();
        let extracted = house.extract(&url, route).await.unwrap();
        for (name, table) in &extracted {
            assert_eq!(table.witness, Some(table.found), "{name}: both interfaces count the same");
            assert_eq!(table.paged.new, table.records, "{name}");
            assert_eq!((table.paged.changed, table.gone, table.checks), (0, 0, 1), "{name}");
        }
        let report = house.import(&url, route).await.unwrap();
        for name in ["practitioners", "patients", "appointments"] {
            let (table, file) = (&report.tables[name], &by_files.tables[name]);
            assert_eq!(table.read, table.loaded + table.rejected, "{name}");
            assert_eq!(table.loaded, file.loaded, "{name} by {route:?}");
            assert_eq!(table.read, extracted[name].records, "{name}");
            let mut rejects = file.rejects.clone();
            // A record with too few cells is damage of a file, not of FileMaker.
            rejects.retain(|code, _| code.as_str() != "COLUMN_COUNT");
            assert_eq!(table.rejects, rejects, "{name} by {route:?}");
        }
        assert_eq!(checksums(&url, CLINIC).await.unwrap(), wanted, "{route:?}");

        let again = house.extract(&url, route).await.unwrap();
        for (name, table) in &again {
            assert_eq!((table.paged, table.gone), Default::default(), "{name}: nothing new in a second run");
        }
        assert_eq!(house.import(&url, route).await.unwrap().written, 0);
        assert_eq!(number(&url, "SELECT count(*) FROM staging.superseded").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn older_servers_give_the_same_too() {
    let Some(new) = database("new_server").await else { return };
    let house = House::new(plan(), Settings::default()).await;
    house.extract(&new, Route::DataApi).await.unwrap();
    house.import(&new, Route::DataApi).await.unwrap();
    let wanted = checksums(&new, CLINIC).await.unwrap();
    // Before 19.6.1 every date is American, whatever is asked for.
    house.standin.set(|s| (s.dateformats, s.odata_prefix) = (false, true));
    for route in [Route::DataApi, Route::Odata] {
        let url = database(&format!("old_{}", route.as_str())).await.unwrap();
        house.extract(&url, route).await.unwrap();
        house.import(&url, route).await.unwrap();
        assert_eq!(checksums(&url, CLINIC).await.unwrap(), wanted, "{route:?}");
    }
    // And OData of FileMaker 2024 knows no repetitions: it says so rather than lose them.
    house.standin.set(|s| s.odata_repetitions = false);
    let url = database("old_repetitions").await.unwrap();
    let refused = house.extract(&url, Route::Odata).await.unwrap_err().to_string();
    assert!(refused.contains("8309") && refused.contains("reading records"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_staged_is_what_was_typed() {
    let Some(url) = database("typed").await else { return };
    let house = House::new(plan(), Settings::default()).await;
    let odd = "caf\u{e9} \u{1F600} \"quoted\" \\ back\u{0B}vt\u{1}soh  two  ";
    let id = house.standin.with(|d| {
        let patients = d.table_mut("Patients").unwrap();
        let id = patients.records[7].id;
        patients.edit(id, "Email", odd);
        patients.edit(id, "Postcode", "not sure");
        id
    });
    for (route, postcode) in [(Route::DataApi, "not sure"), (Route::Odata, "?")] {
        house.extract(&url, route).await.unwrap();
        let pool = sqlx::PgPool::connect(&url).await.unwrap();
        let (email, found): (String, String) = sqlx::query_as(
            "SELECT r.cells[array_position(e.columns, 'Email')], r.cells[array_position(e.columns, 'Postcode')]
             FROM staging.raw_row r JOIN staging.extract e USING (source_id) JOIN staging.source s ON s.id = source_id
             WHERE s.route = $1 AND s.source_table = 'patients' AND r.position = $2",
        )
        .bind(route.as_str())
        .bind(i64::try_from(id).unwrap())
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!((email.as_str(), found.as_str()), (odd, postcode), "{route:?}");
        pool.close().await;
    }
    // What OData could not say becomes no postcode of "?", and is noted.
    let report = house.import(&url, Route::Odata).await.unwrap();
    assert_eq!(number(&url, "SELECT count(*) FROM clinic.address WHERE postcode = '?'").await, 0);
    let notes = &report.tables["patients"].notes;
    assert!(notes.iter().any(|(code, n)| code.as_str() == "ODATA_UNSAID" && *n > 0), "{notes:?}");
}
