//! Who has the password of the app's role, and not the server's key, sees no clinic.

use sqlx::{PgConnection, PgPool};
use wattle_server::admin;
use wattle_server::db::connect;
use wattle_server::kms::ServerKey;

use super::rls::session;
use crate::support::{House, postgres};

fn key(digits: &str) -> ServerKey {
    ServerKey::from_hex(&digits.repeat(32)).unwrap()
}

/// A console of the role that names the house's clinic and somebody who may see its patients, and shows a pass.
async fn console(house: &House, pass: &str) -> PgConnection {
    let mut connection = session(house, house.clinic, Some(house.maria)).await;
    sqlx::query("SELECT set_config('wattle.pass', $1, false)")
        .bind(pass)
        .execute(&mut connection)
        .await
        .unwrap();
    connection
}

async fn patients(connection: &mut PgConnection) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM clinic.patient").fetch_one(connection).await.unwrap()
}

/// What a pool of the role with a key sees.
async fn seen_with(house: &House, key: Option<&ServerKey>) -> i64 {
    let pool: PgPool = connect::app_pool(&postgres::app_url(&house.database), 1, key).unwrap();
    let mut tx = pool.begin().await.unwrap();
    sqlx::query("SELECT set_config('wattle.clinic', $1, true), set_config('wattle.user', $2, true)")
        .bind(house.clinic.to_string())
        .bind(house.maria.to_string())
        .execute(&mut *tx)
        .await
        .unwrap();
    patients(&mut tx).await
}

async fn state_of(connection: &mut PgConnection, sql: &'static str) -> Option<String> {
    let error = sqlx::raw_sql(sql).execute(connection).await.err()?;
    error.as_database_error().and_then(|e| e.code()).map(std::borrow::Cow::into_owned)
}

#[tokio::test]
async fn a_console_of_the_role_without_the_servers_key_sees_and_writes_nothing() {
    let mut house = House::new().await;
    house.server_key = Some(key("5a"));
    house.start().await;
    let mut reception = house.desk("reception-1", "maria").await;
    reception.register("Nguyen").await;
    let mut before = console(&house, "").await;
    assert_eq!(patients(&mut before).await, 1, "as long as no pass is asked for, the role is believed");

    admin::ask_for_pass(&house.owner, &key("5a"), true).await.unwrap();
    reception.register("Okafor").await;
    assert_eq!(seen_with(&house, Some(&key("5a"))).await, 2, "the server works on");
    for pass in ["", "guessed", &"5a".repeat(32)] {
        let mut console = console(&house, pass).await;
        assert_eq!(patients(&mut console).await, 0, "{pass}");
        let classes: Vec<String> =
            sqlx::query_scalar("SELECT sync.granted_classes()").fetch_one(&mut console).await.unwrap();
        assert!(classes.is_empty(), "{classes:?}");
        let rows: i64 =
            sqlx::query_scalar("SELECT (SELECT count(*) FROM clinic.clinic) + (SELECT count(*) FROM clinic.user_account) \
                                + (SELECT count(*) FROM clinic.token) + (SELECT count(*) FROM clinic.command_log)")
                .fetch_one(&mut console)
                .await
                .unwrap();
        assert_eq!(rows, 0, "nor anything else of the clinic");
        for refused in [
            "INSERT INTO clinic.patient (clinic_id, id, family_name, birth_date_accuracy, sex) \
             VALUES (current_setting('wattle.clinic')::uuid, gen_random_uuid(), 'X', 'unknown', 'unknown')",
            "SELECT hash FROM sync.pass",
            "DELETE FROM sync.pass",
        ] {
            assert_eq!(state_of(&mut console, refused).await.as_deref(), Some("42501"), "{refused}");
        }
        let own = "SELECT clinic.set_own_password('x')";
        let changed: bool = sqlx::query_scalar(own).fetch_one(&mut console).await.unwrap();
        assert!(!changed, "nor a password");
    }
    assert_eq!(patients(&mut before).await, 0, "also one that was there before");
}

#[tokio::test]
async fn passes_follow_the_key_of_the_server() {
    let house = House::new().await;
    house.desk("reception-1", "maria").await.register("Nguyen").await;
    admin::ask_for_pass(&house.owner, &key("01"), true).await.unwrap();
    admin::ask_for_pass(&house.owner, &key("02"), false).await.unwrap();
    for digits in ["01", "02"] {
        assert_eq!(seen_with(&house, Some(&key(digits))).await, 1, "{digits}: both, while servers are moved");
    }
    admin::ask_for_pass(&house.owner, &key("02"), true).await.unwrap();
    assert_eq!(seen_with(&house, Some(&key("01"))).await, 0, "the old one counts no more");
    assert_eq!(seen_with(&house, Some(&key("02"))).await, 1);
    admin::lift_pass(&house.owner).await.unwrap();
    assert_eq!(seen_with(&house, None).await, 1);
    let noted: Vec<String> = sqlx::query_scalar(
        "SELECT action FROM clinic.access_event WHERE action IN ('ask_for_pass', 'lift_pass') ORDER BY at, id",
    )
    .fetch_all(&house.root)
    .await
    .unwrap();
    assert_eq!(noted, ["ask_for_pass", "ask_for_pass", "ask_for_pass", "lift_pass"]);
}

#[tokio::test]
async fn no_function_of_ours_believes_the_setting_by_itself() {
    let house = House::new().await;
    let found: Vec<String> = sqlx::query_scalar(
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.prokind = 'f' AND p.pronamespace IN ('clinic'::regnamespace, 'sync'::regnamespace) \
         AND p.proname <> 'current_clinic' AND pg_get_functiondef(p.oid) LIKE '%wattle.clinic%'",
    )
    .fetch_all(&house.root)
    .await
    .unwrap();
    assert!(found.is_empty(), "{found:?} must ask sync.current_clinic()");
}
