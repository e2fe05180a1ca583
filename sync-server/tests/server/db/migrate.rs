//! Migrating, and what even an administrator cannot do afterwards.

use sqlx::Executor;
use wattle_domain::time::Clock as _;
use wattle_server::db::migrate::{LoginPasswords, migrate};

use crate::support::clock::TestClock;
use crate::support::{House, postgres};

#[tokio::test]
async fn migrating_again_changes_nothing_and_keeps_passwords() {
    let database = postgres::database().await;
    let done = migrate(&postgres::superuser_url(&database), &LoginPasswords::default()).await.unwrap();
    assert_eq!(done.applied, 0);
    assert!(done.version >= 7);
    let app = postgres::pool(&postgres::app_url(&database)).await;
    let who: String = sqlx::query_scalar("SELECT current_user::text").fetch_one(&app).await.unwrap();
    assert_eq!(who, "wattle_app");
}

#[tokio::test]
async fn append_only_tables_refuse_even_the_superuser() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    reception.register("Nguyen").await;
    assert!(house.count("SELECT count(*) FROM clinic.audit_event").await > 0);
    for statement in [
        "UPDATE clinic.audit_event SET outcome = 'applied'",
        "DELETE FROM clinic.audit_event",
        "TRUNCATE clinic.audit_event",
        "SET session_replication_role = replica; DELETE FROM clinic.audit_event",
        "UPDATE clinic.appointment_event SET kind = 'done'",
        "DELETE FROM clinic.appointment_event",
        "UPDATE clinic.payment SET amount_cents = 0",
        "DELETE FROM clinic.payment",
        "UPDATE clinic.former_event SET action = 'viewed'",
        "DELETE FROM clinic.former_event",
        "TRUNCATE clinic.patient CASCADE",
        "SET ROLE wattle_owner; DELETE FROM clinic.audit_event",
    ] {
        let mut connection = house.root.acquire().await.unwrap();
        let error = connection.execute(sqlx::raw_sql(statement)).await.expect_err(statement);
        let code = error.as_database_error().unwrap().code().unwrap().into_owned();
        assert_eq!(code, "2F002", "{statement}: {error}");
        connection.close_on_drop();
    }
}

#[tokio::test]
async fn the_app_can_neither_truncate_nor_turn_triggers_off() {
    let app = postgres::pool(&postgres::app_url(&postgres::database().await)).await;
    for statement in [
        "SET session_replication_role = replica",
        "TRUNCATE clinic.patient",
        "ALTER TABLE clinic.patient DISABLE TRIGGER ALL",
        "ALTER TABLE clinic.patient DISABLE ROW LEVEL SECURITY",
        "DELETE FROM clinic.patient",
        "INSERT INTO sync.commit VALUES (gen_random_uuid(), 'front', 1, '1', 1)",
        "UPDATE sync.feed SET seq = 0",
        "SET ROLE wattle_owner",
        "CREATE TABLE clinic.mine (x int)",
        "CREATE TABLE public.mine (x int)",
    ] {
        let error = app.execute(sqlx::raw_sql(statement)).await.expect_err(statement);
        let code = error.as_database_error().unwrap().code().unwrap().into_owned();
        assert_eq!(code, "42501", "{statement}: {error}");
    }
}

#[tokio::test]
async fn the_importer_works_inside_one_clinic() {
    let house = House::new().await;
    let pool = postgres::pool(&postgres::migrator_url(&house.database)).await;
    let mut connection = pool.acquire().await.unwrap();
    connection.execute("CREATE TABLE staging.found (x text)").await.unwrap();
    let blind: i64 = sqlx::query_scalar("SELECT count(*) FROM clinic.practitioner")
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    assert_eq!(blind, 0, "no clinic, no rows");
    sqlx::query("SELECT set_config('wattle.clinic', $1, false)")
        .bind(house.clinic.to_string())
        .execute(&mut *connection)
        .await
        .unwrap();
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM clinic.practitioner")
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    assert_eq!(seen, 2);
    sqlx::query(
        "INSERT INTO clinic.patient (clinic_id, id, family_name, birth_date_accuracy, sex, record_number) \
         VALUES ($1, gen_random_uuid(), 'Imported', 'unknown', 'unknown', '17')",
    )
    .bind(house.clinic.0)
    .execute(&mut *connection)
    .await
    .unwrap();
    let elsewhere = sqlx::query(
        "INSERT INTO clinic.patient (clinic_id, id, family_name, birth_date_accuracy, sex) \
         VALUES (gen_random_uuid(), gen_random_uuid(), 'Imported', 'unknown', 'unknown')",
    )
    .execute(&mut *connection)
    .await
    .unwrap_err();
    assert_eq!(elsewhere.as_database_error().unwrap().code().unwrap(), "42501");
    let pointers = house.count("SELECT count(*) FROM sync.change WHERE tbl = 'patient'").await;
    assert_eq!(pointers, 1, "an import is in the feed like any other write");
}

/// A hosted database gives no superuser: an administrator who may make roles and owns the database is enough.
#[tokio::test]
async fn an_administrator_who_is_no_superuser_migrates_and_administers() {
    let name = format!("{}_hosted", postgres::database().await);
    let database = name.clone();
    tokio::task::spawn_blocking(move || {
        let cluster = postgres::cluster();
        cluster.create_database(&database).unwrap();
        cluster
            .execute(
                "postgres",
                &format!(
                    "CREATE ROLE hosted_admin LOGIN CREATEROLE PASSWORD 'hosted'; \
                     ALTER DATABASE {database} OWNER TO hosted_admin"
                ),
            )
            .unwrap();
    })
    .await
    .unwrap();
    let url = format!("postgres://hosted_admin:hosted@127.0.0.1:{}/{name}", postgres::cluster().port());
    let passwords = LoginPasswords { app: Some(postgres::APP_PASSWORD.to_owned()), migrator: None };
    assert!(migrate(&url, &passwords).await.unwrap().applied > 0);
    let owner = wattle_server::db::connect::owner_pool(&url).await.unwrap();
    let clinic =
        wattle_server::admin::create_clinic(&owner, None, "Hosted", "Australia/Sydney").await.unwrap();
    let now = TestClock::monday().now().to_chrono().unwrap();
    let code = wattle_server::admin::enrolment_code(&owner, clinic, now).await.unwrap();
    assert_eq!(code.len(), 14);
    let app = postgres::pool(&postgres::app_url(&name)).await;
    let epoch: String = sqlx::query_scalar("SELECT sync.epoch()").fetch_one(&app).await.unwrap();
    assert_eq!(epoch.split('.').count(), 3);
    // The owner is under row-level security too: without a clinic it sees none.
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM clinic.clinic").fetch_one(&owner).await.unwrap();
    assert_eq!(seen, 0);
}
