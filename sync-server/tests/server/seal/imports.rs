//! What an import leaves plain is sealed by the server, and no workstation hears of it.

use std::time::{Duration, Instant};

use serde_json::json;
use uuid::Uuid;
use wattle_domain::{ClinicId, FeedClass};
use wattle_protocol::push::Verdict;
use wattle_server::config::Config;

use super::columns::{IHI, plain, wordy};
use crate::support::{House, postgres};

/// As `fm-migrate` writes: the role of the importer, no user.
async fn import(house: &House, sql: &str) -> Result<(), sqlx::Error> {
    import_into(house, house.clinic, sql).await
}

async fn import_into(house: &House, clinic: ClinicId, sql: &str) -> Result<(), sqlx::Error> {
    let migrator = postgres::pool(&postgres::migrator_url(&house.database)).await;
    let text = format!("SELECT set_config('wattle.clinic', '{}', false); {sql}", clinic);
    sqlx::raw_sql(sqlx::AssertSqlSafe(text.replace("CLINIC", &clinic.to_string())))
        .execute(&migrator)
        .await?;
    migrator.close().await;
    Ok(())
}

async fn until_sealed(house: &House) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while plain(house).await > 0 {
        assert!(Instant::now() < deadline, "nothing seals it");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

const PATIENTS: &str = "INSERT INTO clinic.patient (clinic_id, id, family_name, birth_date_accuracy, sex) \
    SELECT 'CLINIC', ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'Imported', 'unknown', 'unknown' \
    FROM generate_series(1, 3) n;";

#[tokio::test]
async fn an_import_is_sealed_before_anybody_has_an_account() {
    let config = Config { seal_every: Duration::from_millis(100), ..Config::default() };
    let house = House::with(config).await;
    until_sealed(&house).await;
    let nobody = ClinicId(Uuid::now_v7());
    let sql = format!(
        "INSERT INTO clinic.clinic (clinic_id, id, name, time_zone) VALUES ('CLINIC', 'CLINIC', 'Moving in', 'Australia/Sydney'); \
         {PATIENTS} INSERT INTO clinic.alert (clinic_id, id, patient_id, severity, text, place) \
         SELECT 'CLINIC', gen_random_uuid(), '00000000-0000-7000-8000-000000000001', 'info', 'imported ' || n, 'opening' \
         FROM generate_series(1, 20) n;"
    );
    import_into(&house, nobody, &sql).await.unwrap();
    assert_eq!(house.count("SELECT count(*) FROM clinic.alert").await, 20);
    until_sealed(&house).await;
}

#[tokio::test]
async fn an_import_is_sealed_without_a_word_to_anybody_and_may_be_repeated() {
    let config = Config { seal_every: Duration::from_millis(100), ..Config::default() };
    let house = House::with(config).await;
    let mut reception = house.desk("reception-1", "maria").await;
    let alerts = format!(
        "{PATIENTS} INSERT INTO clinic.alert (clinic_id, id, patient_id, severity, text, place) \
         SELECT 'CLINIC', gen_random_uuid(), '00000000-0000-7000-8000-000000000001', 'info', 'imported ' || n, 'opening' \
         FROM generate_series(1, 1200) n; \
         INSERT INTO clinic.patient_identifier (clinic_id, id, patient_id, kind, value, check_failed) \
         VALUES ('CLINIC', '00000000-0000-7000-8000-0000000000aa', '00000000-0000-7000-8000-000000000001', 'medicare', \
         '2950197513', false)"
    );
    import(&house, &alerts).await.unwrap();
    reception.pull().await;
    let before = reception.rows.clone();
    assert!(before.len() > 1200);
    let cursor = reception.cursor(FeedClass::Front);
    until_sealed(&house).await;
    assert_eq!(
        house.count("SELECT count(*) FROM clinic.alert WHERE rev <> 1 OR updated_by IS NOT NULL").await,
        0
    );
    reception.pull().await;
    assert_eq!(reception.cursor(FeedClass::Front), cursor, "nothing has changed for a workstation");
    assert_eq!(reception.rows, before);
    reception.cursors.clear();
    reception.pull().await;
    assert_eq!(reception.rows, before, "and the whole feed is as it was");
    assert!(
        house.count("SELECT count(*) FROM clinic.patient_identifier WHERE value_mark IS NOT NULL").await == 1
    );

    // The importer runs again with a number that was corrected at the source.
    let again = "UPDATE clinic.patient_identifier SET value = '3950197511' WHERE kind = 'medicare'";
    import(&house, again).await.unwrap();
    reception.pull().await;
    let id = uuid::Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_00aa);
    assert_eq!(reception.row("patient_identifier", id).unwrap()["value"], "3950197511");
    until_sealed(&house).await;
    reception.cursors.clear();
    reception.pull().await;
    assert_eq!(reception.row("patient_identifier", id).unwrap()["value"], "3950197511");

    // No import can bring what only looks sealed: it would never open.
    let fake = "UPDATE clinic.alert SET text = E'\\x01s1:AAAA' WHERE text IS NOT NULL";
    let error = import(&house, fake).await.unwrap_err();
    assert_eq!(error.as_database_error().unwrap().code().unwrap(), "23514");
}

/// Plain and sealed numbers cannot be compared. One that turns out to be another patient's is kept, and counted.
#[tokio::test]
async fn an_imported_ihi_that_a_patient_has_already_is_kept_sealed_and_told() {
    let house = House::with(Config { seal_every: Duration::from_secs(3600), ..Config::default() }).await;
    let mut reception = house.desk("reception-1", "maria").await;
    assert_eq!(reception.do_it(wordy("Nguyen", "x")).await, Verdict::Applied);
    let clash = format!(
        "{PATIENTS} INSERT INTO clinic.patient_identifier (clinic_id, id, patient_id, kind, value, check_failed) \
         VALUES ('CLINIC', '00000000-0000-7000-8000-0000000000aa', '00000000-0000-7000-8000-000000000001', 'ihi', '{IHI}', false), \
         ('CLINIC', '00000000-0000-7000-8000-0000000000ab', '00000000-0000-7000-8000-000000000002', 'medicare', '1', true)"
    );
    import(&house, &clash).await.unwrap();
    let app = postgres::pool(&postgres::app_url(&house.database)).await;
    let done = wattle_server::seal::seal(&app, house.kms.clone(), None).await.unwrap();
    assert_eq!((done.values, done.clashes), (2, 1));
    assert_eq!(plain(&house).await, 0);
    reception.pull().await;
    for (id, value) in [(0xaa_u128, IHI), (0xab, "1")] {
        let id = uuid::Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0000 | id);
        assert_eq!(reception.row("patient_identifier", id).unwrap()["value"], json!(value));
    }
}
