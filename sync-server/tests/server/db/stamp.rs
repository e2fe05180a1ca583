//! Who wrote a row and when: the transaction says it, never the statement.

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::rls::session;
use crate::support::House;

const STAMPED: &str = "SELECT rev, created_by, updated_by, origin_workstation, \
    created_at = updated_at AND created_at = date_trunc('milliseconds', created_at) AND created_at > now() - interval '1 day' \
    FROM clinic.patient WHERE id = $1";

#[tokio::test]
async fn what_a_statement_says_of_its_author_is_not_believed() {
    let house = House::new().await;
    let mut reception = session(&house, house.clinic, Some(house.maria)).await;
    let place = Uuid::now_v7();
    sqlx::query("SELECT set_config('wattle.workstation', $1, false)")
        .bind(place.to_string())
        .execute(&mut reception)
        .await
        .unwrap();
    let forged = "7, '2001-01-01', NULL, '2001-01-01', gen_random_uuid(), gen_random_uuid()";
    let empty = "NULL, NULL, NULL, NULL, NULL, NULL";
    for (what, columns, values, called) in [
        ("nothing", "", String::new(), false),
        (
            "something else",
            "rev, created_at, created_by, updated_at, updated_by, origin_workstation, ",
            format!("{forged}, "),
            true,
        ),
        (
            "that nobody was it",
            "rev, created_at, created_by, updated_at, updated_by, origin_workstation, ",
            format!("{empty}, "),
            true,
        ),
        ("another revision", "rev, ", "2, ".to_owned(), true),
        ("another workstation", "origin_workstation, ", "gen_random_uuid(), ".to_owned(), true),
    ] {
        let id = Uuid::now_v7();
        let plan: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!(
            "EXPLAIN (ANALYZE, COSTS OFF) INSERT INTO clinic.patient ({columns} clinic_id, id, family_name, birth_date_accuracy, sex) \
             VALUES ({values} '{}', '{id}', 'X', 'unknown', 'unknown')",
            house.clinic
        )))
        .fetch_all(&mut reception)
        .await
        .unwrap();
        let fired = plan.iter().any(|line| line.contains("Trigger a_stamp"));
        assert_eq!(fired, called, "a statement that says {what}: {plan:#?}");
        let stamped: (i64, Option<Uuid>, Option<Uuid>, Option<Uuid>, bool) =
            sqlx::query_as(STAMPED).bind(id).fetch_one(&mut reception).await.unwrap();
        let maria = Some(house.maria.0);
        assert_eq!(stamped, (1, maria, maria, Some(place), true), "a statement that says {what}");
    }
}

#[tokio::test]
async fn a_change_keeps_who_made_the_row() {
    let house = House::new().await;
    let mut reception = session(&house, house.clinic, Some(house.maria)).await;
    let id = Uuid::now_v7();
    sqlx::query("INSERT INTO clinic.patient (clinic_id, id, family_name, birth_date_accuracy, sex) VALUES ($1, $2, 'X', 'unknown', 'unknown')")
        .bind(house.clinic.0)
        .bind(id)
        .execute(&mut reception)
        .await
        .unwrap();
    let mut manager = session(&house, house.clinic, Some(house.noor)).await;
    sqlx::query("UPDATE clinic.patient SET family_name = 'Y', rev = 40, created_by = NULL, updated_by = NULL WHERE id = $1")
        .bind(id)
        .execute(&mut manager)
        .await
        .unwrap();
    let found: (i64, Option<Uuid>, Option<Uuid>) =
        sqlx::query_as("SELECT rev, created_by, updated_by FROM clinic.patient WHERE id = $1")
            .bind(id)
            .fetch_one(&mut manager)
            .await
            .unwrap();
    assert_eq!(found, (2, Some(house.maria.0), Some(house.noor.0)));
}
