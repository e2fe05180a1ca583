//! A clinic that comes out of FileMaker: nothing is decided before the switch, and nothing is lost by it.

use reqwest::StatusCode;
use wattle_domain::Command;
use wattle_domain::commands::NoteSearch;
use wattle_protocol::ErrorCode;
use wattle_protocol::push::{Push, Verdict};

use crate::support::desk::{fault, patient};
use crate::support::house::House;

/// Asks a function of the switch, as fm-migrate does.
async fn asked(house: &House, function: &str) -> bool {
    let mut tx = house.root.begin().await.unwrap();
    sqlx::query("SELECT set_config('wattle.clinic', $1, true), set_config('role', 'wattle_migrator', true)")
        .bind(house.clinic.to_string())
        .execute(&mut *tx)
        .await
        .unwrap();
    let sql = format!(
        "SELECT coalesce((SELECT f.said::text::boolean FROM clinic.{function}() AS f (said) WHERE f.said::text <> ''), true)"
    );
    let said = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    said
}

#[tokio::test]
async fn before_the_switch_a_push_is_put_off_and_the_same_push_goes_through_after_it() {
    let mut house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let mut elsewhere = house.desk_elsewhere("Another", "olga").await;
    assert!(asked(&house, "close_until_switch").await);
    assert!(asked(&house, "close_until_switch").await, "closed is closed");
    let push = Push { commands: vec![reception.command(patient("Nguyen"))] };
    for _ in 0..2 {
        let response = reception.post("/v1/push", &push).await;
        assert_eq!(response.headers()["retry-after"], "15");
        assert_eq!(fault(response).await, (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::BeforeSwitch));
    }
    assert_eq!(house.count("SELECT count(*) FROM clinic.command_log").await, 0, "nothing is decided");
    assert_eq!(house.count("SELECT count(*) FROM clinic.patient").await, 0);
    reception.pull().await;
    assert!(reception.row("practitioner", house.dr_lee).is_some(), "everything can be read");
    elsewhere.register("Petrova").await;

    asked(&house, "open_at_switch").await;
    assert_eq!(reception.push(push.commands).await[0].verdict, Verdict::Applied);
}

#[tokio::test]
async fn the_switch_is_taken_back_until_somebody_works() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    assert!(asked(&house, "close_until_switch").await);
    asked(&house, "open_at_switch").await;
    assert_eq!(
        reception.do_it(NoteSearch { hits: 3 }).await,
        Verdict::Applied,
        "whoever looks writes nothing"
    );
    assert!(asked(&house, "close_again").await);
    let push = Push { commands: vec![reception.command(patient("Nguyen"))] };
    assert_eq!(fault(reception.post("/v1/push", &push).await).await.1, ErrorCode::BeforeSwitch);
    asked(&house, "open_at_switch").await;
    assert_eq!(reception.push(push.commands).await[0].verdict, Verdict::Applied);
    assert!(!asked(&house, "close_again").await, "somebody has worked");
    assert!(!asked(&house, "close_until_switch").await, "and nothing closes it any more");
    reception.register("Okafor").await;
}

#[tokio::test]
async fn a_clinic_in_which_people_work_is_never_closed() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    reception.register("Nguyen").await;
    assert!(!asked(&house, "close_until_switch").await);
    reception.register("Okafor").await;
    assert!(asked(&house, "close_again").await, "it was never closed");
    reception.register("Petrova").await;
    assert_eq!(house.count("SELECT count(*) FROM clinic.switchover").await, 0);
}

/// Whoever looks writes nothing. The verbs that leave an entry in the log and no row are called `note_…`; the database must know all of them.
#[tokio::test]
async fn what_only_looks_is_no_work() {
    let house = House::new().await;
    let source: String =
        sqlx::query_scalar("SELECT prosrc FROM pg_proc WHERE oid = 'clinic.has_worked'::regproc")
            .fetch_one(&house.root)
            .await
            .unwrap();
    for name in Command::NAMES {
        assert_eq!(source.contains(&format!("'{name}'")), name.starts_with("note_"), "{name}");
    }
}

/// Whoever closes waits for the push that is under way, and no push slips in between looking and closing.
#[tokio::test]
async fn closing_waits_for_the_push_that_is_under_way() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    assert!(asked(&house, "close_until_switch").await);
    asked(&house, "open_at_switch").await;
    // A push that holds its workstation and has not decided yet.
    let mut under_way = house.root.begin().await.unwrap();
    sqlx::query("SELECT FROM clinic.workstation FOR NO KEY UPDATE").execute(&mut *under_way).await.unwrap();
    let closing = asked(&house, "close_again");
    tokio::pin!(closing);
    let early = tokio::time::timeout(std::time::Duration::from_millis(300), &mut closing).await;
    assert!(early.is_err(), "it must wait");
    under_way.rollback().await.unwrap();
    assert!(closing.await);
    let push = Push { commands: vec![reception.command(patient("Nguyen"))] };
    assert_eq!(fault(reception.post("/v1/push", &push).await).await.1, ErrorCode::BeforeSwitch);
}
