//! What goes wrong on the way, and what comes of it.

use std::time::Duration;

use wattle_filemaker_standin::{Fault, Settings, What};
use wattle_fm_migrate::Error;
use wattle_fm_migrate::verify::checksums;
use wattle_fm_migrate::wire::{Route, Stop};

use super::support::{A_LONG_WHILE, CLINIC, House, database, number, small};

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_is_tried_again() {
    let Some(calm) = database("calm").await else { return };
    let house = House::new(small(), Settings { page_rows: 100, ..Settings::default() }).await;
    house.extract(&calm, Route::Odata).await.unwrap();
    house.import(&calm, Route::Odata).await.unwrap();
    let wanted = checksums(&calm, CLINIC).await.unwrap();
    for (name, route, on) in
        [("odata", Route::Odata, "/Patients"), ("data_api", Route::DataApi, "Patients API/records")]
    {
        let url = database(&format!("again_{name}")).await.unwrap();
        house.standin.plant(Fault::next(on, What::Code(301)).after(1).times(2));
        house.standin.plant(Fault::next(on, What::Code(812)).after(2));
        house.standin.plant(Fault::next(on, What::BadGateway).after(3).times(2));
        house.standin.plant(Fault::next(on, What::Cut(5_000)).after(4));
        house.standin.plant(Fault::next(on, What::Cut(0)).after(5));
        house.standin.plant(Fault::next(on, What::Slow(Duration::from_millis(300))).after(6));
        house.standin.plant(Fault::next("sessions", What::Code(956)));
        house.extract(&url, route).await.unwrap();
        house.import(&url, route).await.unwrap();
        assert_eq!(checksums(&url, CLINIC).await.unwrap(), wanted, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_is_opened_again() {
    let Some(url) = database("sessions").await else { return };
    let house = House::new(small(), Settings { most_sessions: 2, ..Settings::default() }).await;
    house.standin.plant(Fault::next("Patients API/records", What::Code(952)).after(3));
    house.extract(&url, Route::DataApi).await.unwrap();
    assert_eq!(house.standin.sessions_opened(), 2, "once at the start, once again");
    house.standin.pass(A_LONG_WHILE);
    // One that ends at once, again and again, is no session that ended.
    house.standin.plant(Fault::next("/records", What::Code(952)).times(9));
    let refused = house.extract(&url, Route::DataApi).await.unwrap_err();
    assert!(matches!(refused, Error::Server { stop: Stop::Code(952), .. }), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_allowance_stops_the_run_and_what_is_staged_stays() {
    let Some(url) = database("allowance").await else { return };
    for (route, on) in [(Route::Odata, "/Appointments"), (Route::DataApi, "Appointments API/records")] {
        let house = House::new(small(), Settings { page_rows: 50, ..Settings::default() }).await;
        // Once: whoever tried again would be served, and spend more of what there is not.
        house.standin.plant(Fault::next(on, What::Code(953)).after(3));
        let refused = house.extract(&url, route).await.unwrap_err();
        assert!(matches!(refused, Error::Server { stop: Stop::Code(953), .. }), "{refused}");
        assert!(refused.to_string().contains("allowance"), "{refused}");
        let error = house.import(&url, route).await.unwrap_err().to_string();
        assert!(error.contains("appointments") && error.contains("Run extract"), "{error}");
    }
    assert!(
        number(&url, "SELECT count(*) FROM staging.raw_row").await > 240,
        "patients and some appointments"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_move_between_pages_are_neither_lost_nor_doubled() {
    let Some(url) = database("moving").await else { return };
    for (route, on) in [(Route::Odata, "/Patients"), (Route::DataApi, "Patients API/records")] {
        let house = House::new(small(), Settings { page_rows: 40, ..Settings::default() }).await;
        house.edit_mapping("page_rows = 200", "page_rows = 40");
        // Somebody deletes the first record after page one: all that follow move up, and one falls between the pages.
        // Later somebody adds one and edits another.
        house.standin.plant(
            Fault::next(
                on,
                What::Change(Box::new(|d| {
                    let patients = d.table_mut("Patients").unwrap();
                    let first = patients.records[0].id;
                    patients.delete(first);
                })),
            )
            .after(4),
        );
        house.standin.plant(
            Fault::next(
                on,
                What::Change(Box::new(|d| {
                    let patients = d.table_mut("Patients").unwrap();
                    let mut cells = patients.records[3].cells.clone();
                    cells[0] = "777777".into();
                    patients.add(cells);
                    let second = patients.records[1].id;
                    patients.edit(second, "KnownAs", "Changed meanwhile");
                })),
            )
            .after(6),
        );
        let done = house.extract(&url, route).await.unwrap();
        let patients = &done["patients"];
        assert!(patients.checks > 1, "{route:?}: {patients:?}");
        let there: Vec<i64> = house.standin.with(|d| {
            d.table("Patients").unwrap().records.iter().map(|r| i64::try_from(r.id).unwrap()).collect()
        });
        let pool = sqlx::PgPool::connect(&url).await.unwrap();
        let staged: Vec<i64> = sqlx::query_scalar(
            "SELECT position FROM staging.raw_row r JOIN staging.source s ON s.id = r.source_id
             WHERE s.source_table = 'patients' AND s.route = $1 ORDER BY position",
        )
        .bind(route.as_str())
        .fetch_all(&pool)
        .await
        .unwrap();
        assert_eq!(staged, there, "{route:?}");
        let changed: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM staging.raw_row r JOIN staging.source s ON s.id = r.source_id
             WHERE s.route = $1 AND 'Changed meanwhile' = ANY (r.cells)",
        )
        .bind(route.as_str())
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!(changed, 1, "{route:?}");
        pool.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_never_stands_still_is_not_called_done() {
    let Some(url) = database("restless").await else { return };
    let house = House::new(small(), Settings::default()).await;
    house.standin.plant(
        Fault::next(
            "/Patients?$select=ROWID,ROWMODID",
            What::Change(Box::new(|d| {
                let patients = d.table_mut("Patients").unwrap();
                let id = patients.records[5].id;
                patients.edit(id, "KnownAs", "again");
            })),
        )
        .times(1_000),
    );
    let error = house.extract(&url, Route::Odata).await.unwrap_err().to_string();
    assert!(error.contains("patients") && error.contains("nobody works in FileMaker"), "{error}");
    let error = house.import(&url, Route::Odata).await.unwrap_err().to_string();
    assert!(error.contains("Run extract"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_account_or_a_layout_hides_is_said() {
    let Some(url) = database("hidden").await else { return };
    let house = House::new(small(), Settings::default()).await;
    house.standin.set(|s| s.hide_every = Some(10));
    let error = house.extract(&url, Route::DataApi).await.unwrap_err().to_string();
    assert!(error.contains("privilege set"), "{error}");
    house.standin.set(|s| s.hide_every = None);
    house.standin.with(|d| {
        let fields = &mut d.table_mut("Patients").unwrap().fields;
        fields.iter_mut().find(|f| f.name == "MedicareNo").unwrap().on_layout = false;
    });
    let error = house.extract(&url, Route::DataApi).await.unwrap_err().to_string();
    assert!(error.contains("MedicareNo") && error.contains("medicare"), "{error}");
    // Errors inside the rows of a good reply are errors.
    house.standin.plant(Fault::next("/Patients?$select", What::ErrorInRow));
    let error = house.extract(&url, Route::Odata).await.unwrap_err().to_string();
    assert!(error.contains("8309"), "{error}");
    house.standin.set(|s| s.password = "changed".into());
    for route in [Route::Odata, Route::DataApi] {
        let error = house.extract(&url, route).await.unwrap_err().to_string();
        assert!(error.contains("FM_PASSWORD"), "{error}");
    }
    house.edit_mapping("http://127.0.0.1", "http://filemaker.example");
    let error = house.extract(&url, Route::Odata).await.unwrap_err().to_string();
    assert!(error.contains("https://"), "{error}");
}
