use serde_json::json;
use wattle_domain::{FeedClass, FeedSeq, Role};
use wattle_protocol::session::WorkstationState;
use wattle_protocol::{ErrorCode, PROTOCOL};

use crate::support::House;
use crate::support::desk::fault;

#[tokio::test]
async fn it_says_what_the_user_may_hold() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    reception.register("Nguyen").await;
    let welcome = reception.hello().await;
    let feeds: Vec<_> = welcome.feeds.iter().map(|f| (f.feed, f.head > FeedSeq(0))).collect();
    assert_eq!(feeds, [(FeedClass::Ref, true), (FeedClass::Front, true)]);
    assert_eq!(welcome.removed, []);
    assert_eq!(welcome.roles, [Role::Reception]);
    assert_eq!(welcome.workstation, WorkstationState::Ok);
    assert_eq!((welcome.last_n, welcome.server_time), (1, house.clock_now()));
    assert_eq!(welcome.epoch.split('.').count(), 3, "{}", welcome.epoch);
}

#[tokio::test]
async fn a_feed_that_was_taken_away_is_named() {
    let house = House::new().await;
    let mut nurse = house.desk("nurse-1", "lee").await;
    nurse.pull().await;
    assert!(nurse.cursors.contains_key(&FeedClass::Clinical));
    house.execute("UPDATE clinic.user_role SET role = 'reception' WHERE role = 'practitioner'").await;
    assert_eq!(nurse.hello().await.removed, [FeedClass::Clinical]);
}

#[tokio::test]
async fn another_protocol_must_update_and_nobody_gets_in_without_a_token() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    let hello = json!({"app_version": "9", "protocol": PROTOCOL + 1, "epoch": "", "cursors": {}, "outbox_len": 0,
        "last_n": 0});
    assert_eq!(fault(desk.post("/v1/session", &hello).await).await.1, ErrorCode::UpgradeRequired);
    let url = format!("http://{}/v1/session", house.address());
    for (version, code) in [
        (Some("2"), ErrorCode::UpgradeRequired),
        (Some("one"), ErrorCode::Malformed),
        (None, ErrorCode::Malformed),
        (Some("1"), ErrorCode::SignInAgain),
    ] {
        let mut request = desk.http.post(&url).json(&hello);
        if let Some(version) = version {
            request = request.header("wattle-protocol", version);
        }
        assert_eq!(fault(request.send().await.unwrap()).await.1, code, "{version:?}");
    }
    house.execute("UPDATE clinic.user_account SET active = false WHERE username = 'maria'").await;
    let code = fault(desk.post("/v1/session", &hello).await).await.1;
    assert_eq!(code, ErrorCode::SignInAgain, "a closed account's token is worth nothing");
}
