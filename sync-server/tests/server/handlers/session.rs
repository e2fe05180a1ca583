use serde_json::json;
use wattle_domain::{FeedClass, FeedSeq, Role};
use wattle_protocol::session::WorkstationState;
use wattle_protocol::{ErrorCode, OLDEST_PROTOCOL, PROTOCOL};

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
    // Database, timeline, restores; and another word, because this database is a copy of the one that was migrated.
    assert_eq!(welcome.epoch.split('.').count(), 4, "{}", welcome.epoch);
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
        (Some("3"), ErrorCode::UpgradeRequired),
        (Some("one"), ErrorCode::Malformed),
        (None, ErrorCode::Malformed),
        (Some("1"), ErrorCode::SignInAgain),
        (Some("2"), ErrorCode::SignInAgain),
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

#[tokio::test]
async fn where_each_file_is_is_noted_within_an_epoch() {
    let house = House::new().await;
    let mut desk = house.desk("reception-1", "maria").await;
    desk.register("Nguyen").await;
    desk.hello().await;
    assert_eq!(house.count("SELECT count(*) FROM clinic.workstation_cursor").await, 0, "it holds nothing");
    desk.pull().await;
    desk.hello().await;
    let noted = "SELECT string_agg(class || ' ' || seq, ',' ORDER BY class) FROM clinic.workstation_cursor";
    let heads = house.text("SELECT string_agg(class || ' ' || seq, ',' ORDER BY class) FROM sync.feed WHERE class <> 'admin'").await;
    assert_eq!(house.text(noted).await, heads);

    // A second file of the same workstation, which may hold less.
    desk.replica = Some(wattle_domain::ReplicaId(uuid::Uuid::now_v7()));
    desk.feeds = Some(vec![FeedClass::Ref]);
    assert_eq!(desk.hello().await.removed, [FeedClass::Front]);
    let files = "SELECT string_agg(class, ',' ORDER BY class) FROM clinic.workstation_cursor \
                 WHERE replica_id <> '00000000-0000-0000-0000-000000000000'";
    assert_eq!(house.text(files).await, "ref");

    house.execute("UPDATE sync.identity SET restores = restores + 1").await;
    desk.cursors.insert(FeedClass::Ref, FeedSeq(1));
    desk.hello().await;
    let moved = "SELECT count(*) FROM clinic.workstation_cursor WHERE seq = 1 AND class = 'ref'";
    assert_eq!(house.count(moved).await, 0, "numbers of another epoch say nothing about this one");
    let old = "SELECT count(*) FROM clinic.workstation_cursor WHERE epoch = sync.epoch()";
    assert_eq!(house.count(old).await, 0);
}

#[tokio::test]
async fn the_oldest_protocol_that_is_served_gets_in() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    for protocol in OLDEST_PROTOCOL..=PROTOCOL {
        let hello = json!({"app_version": "0.1.0", "protocol": protocol, "epoch": "", "cursors": {}, "outbox_len": 0,
            "last_n": 0});
        assert_eq!(desk.post("/v1/session", &hello).await.status(), 200, "{protocol}");
    }
    let older = json!({"app_version": "0.1.0", "protocol": OLDEST_PROTOCOL - 1, "epoch": "", "cursors": {},
        "outbox_len": 0, "last_n": 0});
    assert_eq!(fault(desk.post("/v1/session", &older).await).await.1, ErrorCode::UpgradeRequired);
}
