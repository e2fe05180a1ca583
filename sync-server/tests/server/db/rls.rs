//! What PostgreSQL shows to whom, asked directly as the app's role: no handler in between.

use serde_json::Value;
use sqlx::{Connection, PgConnection};
use wattle_domain::{ClinicId, TableName, UserId};

use crate::support::{House, postgres};

pub(super) async fn session(house: &House, clinic: ClinicId, user: Option<UserId>) -> PgConnection {
    let mut connection = PgConnection::connect(&postgres::app_url(&house.database)).await.unwrap();
    sqlx::query("SELECT set_config('wattle.clinic', $1, false), set_config('wattle.user', $2, false)")
        .bind(clinic.to_string())
        .bind(user.map(|u| u.to_string()).unwrap_or_default())
        .execute(&mut connection)
        .await
        .unwrap();
    connection
}

async fn seen(connection: &mut PgConnection, table: TableName) -> i64 {
    let sql = format!("SELECT count(*) FROM clinic.{}", table.as_str());
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(connection).await.unwrap()
}

#[tokio::test]
async fn each_role_sees_its_classes_and_nothing_else() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    reception.register("Nguyen").await;
    let users = [
        ("nobody", None, [false, false, false]),
        ("reception", Some(house.maria), [true, true, false]),
        ("manager", Some(house.noor), [true, true, true]),
        ("a user of no clinic", Some(UserId(uuid::Uuid::nil())), [false, false, false]),
    ];
    for (who, user, expected) in users {
        let mut connection = session(&house, house.clinic, user).await;
        let found = [
            seen(&mut connection, TableName::Practitioner).await > 0,
            seen(&mut connection, TableName::Patient).await > 0,
            seen(&mut connection, TableName::AuditEvent).await > 0,
        ];
        assert_eq!(found, expected, "{who} of [ref, front, admin]");
    }
}

#[tokio::test]
async fn a_closed_account_and_another_clinic_see_nothing() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    reception.register("Nguyen").await;
    let other =
        wattle_server::admin::create_clinic(&house.owner, None, "Another", "Australia/Perth").await.unwrap();
    let mut connection = session(&house, other, Some(house.maria)).await;
    assert_eq!(seen(&mut connection, TableName::Patient).await, 0, "another clinic");
    assert_eq!(seen(&mut connection, TableName::Clinic).await, 0);

    house.execute("UPDATE clinic.user_account SET active = false WHERE username = 'maria'").await;
    let mut connection = session(&house, house.clinic, Some(house.maria)).await;
    assert_eq!(seen(&mut connection, TableName::Patient).await, 0, "a closed account");
}

#[tokio::test]
async fn rows_cannot_be_written_into_another_clinic_or_class() {
    let house = House::new().await;
    let mut reception = session(&house, house.clinic, Some(house.maria)).await;
    let insert = "INSERT INTO clinic.patient (clinic_id, id, family_name, birth_date_accuracy, sex) \
                  VALUES ($1, gen_random_uuid(), 'X', 'unknown', 'unknown')";
    sqlx::query(insert).bind(house.clinic.0).execute(&mut reception).await.expect("her own clinic");
    let error = sqlx::query(insert).bind(uuid::Uuid::now_v7()).execute(&mut reception).await.unwrap_err();
    assert_eq!(error.as_database_error().unwrap().code().unwrap(), "42501");

    let mut nobody = session(&house, house.clinic, None).await;
    let error = sqlx::query(insert).bind(house.clinic.0).execute(&mut nobody).await.unwrap_err();
    assert_eq!(error.as_database_error().unwrap().code().unwrap(), "42501");
}

#[tokio::test]
async fn the_policy_is_asked_once_a_query() {
    let house = House::new().await;
    let mut reception = session(&house, house.clinic, Some(house.maria)).await;
    let plan: Value = sqlx::query_scalar("EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM clinic.patient")
        .fetch_one(&mut reception)
        .await
        .unwrap();
    let mut init_plans = 0;
    walk(&plan[0]["Plan"], &mut |node| {
        if node["Parent Relationship"] == "InitPlan" {
            init_plans += 1;
            assert!(node["Actual Loops"].as_i64().unwrap() <= 1);
        }
        assert_ne!(node["Parent Relationship"], "SubPlan", "asked for each row");
    });
    assert_eq!(init_plans, 2, "the clinic and the classes: {plan}");
}

fn walk(node: &Value, visit: &mut impl FnMut(&Value)) {
    visit(node);
    for child in node["Plans"].as_array().into_iter().flatten() {
        walk(child, visit);
    }
}

/// A step of a feed is read for one listener or one pull and given to all who are granted the feed.
#[tokio::test]
async fn what_a_person_sees_of_a_table_depends_on_clinic_and_feed_alone() {
    let house = House::new().await;
    for &table in TableName::ALL {
        let (name, class) = (table.as_str(), table.table().class.as_str());
        let policies: Vec<String> = sqlx::query_scalar(
            "SELECT qual FROM pg_policies WHERE schemaname = 'clinic' AND tablename = $1 \
             AND cmd IN ('SELECT', 'ALL') AND 'wattle_app' = ANY (roles)",
        )
        .bind(name)
        .fetch_all(&house.root)
        .await
        .unwrap();
        let [policy] = policies.as_slice() else { panic!("{name}: {policies:?}") };
        let asks: String = policy.split_whitespace().collect::<Vec<_>>().join(" ");
        let expected = format!(
            "((clinic_id = ( SELECT sync.current_clinic() AS current_clinic)) AND ('{class}'::text = ANY (( SELECT sync.granted_classes() AS granted_classes)::text[])))"
        );
        assert_eq!(asks, expected, "{name}");
    }
}
