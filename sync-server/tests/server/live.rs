//! Hints over real streams.

mod nodes;
mod rows;

use std::time::Duration;

use wattle_domain::FeedClass;
use wattle_server::config::Config;

use crate::support::{Ear, House};

/// No poll within the test's life: what arrives was published.
fn unpolled() -> Config {
    Config { hint_poll: Duration::from_secs(3600), ..Config::default() }
}

#[tokio::test]
async fn a_commit_is_heard_at_the_other_desk_at_once() {
    let house = House::with(unpolled()).await;
    let mut reception = house.desk("reception-1", "maria").await;
    let lee = house.desk("dr-lee", "lee").await;
    let mut ear = Ear::open(&lee).await;
    let first = ear.next().await.unwrap();
    assert_eq!(first.feed, FeedClass::Ref, "the present heads come first");
    for head in 1..=5 {
        reception.register("Nguyen").await;
        let heard = ear.until(FeedClass::Front, head).await;
        assert!(heard.iter().all(|h| h.feed != FeedClass::Admin), "a clinician holds no audit log");
    }
}

#[tokio::test]
async fn hints_of_a_burst_collapse_to_the_newest() {
    let house = House::with(unpolled()).await;
    let mut reception = house.desk("reception-1", "maria").await;
    let lee = house.desk("dr-lee", "lee").await;
    let mut ear = Ear::open(&lee).await;
    for _ in 0..40 {
        reception.register("Nguyen").await;
    }
    // Nobody read meanwhile: nothing piled up but the newest head of each feed (and what the socket took).
    let heard = ear.until(FeedClass::Front, 40).await;
    let fronts: Vec<u64> = heard.iter().filter(|h| h.feed == FeedClass::Front).map(|h| h.head.0).collect();
    assert!(fronts.is_sorted() && fronts.len() <= 40, "{fronts:?}");
}

#[tokio::test]
async fn another_node_tells_its_commits() {
    let house = House::with(unpolled()).await;
    let other = house.another_server().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let mut lee = house.desk("dr-lee", "lee").await;
    lee.address = other.address;
    let mut ear = Ear::open(&lee).await;
    ear.next().await.unwrap();
    // The other node must listen before it can hear.
    house.wait_for_listeners(2).await;
    reception.register("Nguyen").await;
    ear.until(FeedClass::Front, 1).await;
}

#[tokio::test]
async fn writers_that_tell_nobody_are_found_by_the_poll() {
    let house = House::new().await;
    let lee = house.desk("dr-lee", "lee").await;
    let mut ear = Ear::open(&lee).await;
    let before = ear.next().await.unwrap();
    house.execute("UPDATE clinic.practitioner SET title = 'Dr'").await;
    ear.until(FeedClass::Ref, before.head.0 + 1).await;
}

#[tokio::test]
async fn a_stream_ends_with_its_token_and_with_the_server() {
    let mut house =
        House::with(Config { access_life: Duration::from_millis(1500), ..Config::default() }).await;
    let desk = house.desk("reception-1", "maria").await;
    let mut ear = Ear::open(&desk).await;
    while ear.next().await.is_some() {}

    house.config.access_life = Duration::from_secs(600);
    house.stop().await;
    house.start().await;
    let desk = house.desk("reception-2", "maria").await;
    let mut ear = Ear::open(&desk).await;
    ear.next().await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), house.stop())
        .await
        .expect("a stream does not hold the server up");
    while ear.next().await.is_some() {}
}
