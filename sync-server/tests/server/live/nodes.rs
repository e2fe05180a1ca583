//! Two servers on one database: what one commits, a listener of the other hears.

use std::time::{Duration, Instant};

use wattle_domain::FeedClass;
use wattle_server::config::Config;

use super::unpolled;
use crate::support::{Ear, House, redis};

/// A listener at another server, and how many commits it hears of.
async fn hears_of_a_commit_elsewhere(house: &House, wait: impl FnOnce()) -> Duration {
    let other = house.another_server().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let lee = house.desk("dr-lee", "lee").await;
    let mut ear = Ear::at(&lee, other.address, "?rows=front").await;
    ear.hear().await.expect("the present heads");
    wait();
    let before = Instant::now();
    reception.register("Nguyen").await;
    ear.hear_until(FeedClass::Front, 1).await;
    before.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn over_redis() {
    let Some(redis) = redis::Redis::start() else { return };
    // Neither PostgreSQL nor a poll would bring it.
    let config = Config { redis: Some(redis.client.clone()), notify: false, ..unpolled() };
    let house = House::with(config).await;
    hears_of_a_commit_elsewhere(&house, || redis.wait_for_listeners(2)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_postgres_when_redis_is_gone() {
    let house = House::with(Config { redis: Some(redis::nowhere()), ..unpolled() }).await;
    let other = house.another_server().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let lee = house.desk("dr-lee", "lee").await;
    let mut ear = Ear::at(&lee, other.address, "").await;
    ear.next().await.unwrap();
    house.wait_for_listeners(2).await;
    reception.register("Nguyen").await;
    ear.until(FeedClass::Front, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_the_poll_when_both_lines_are_dead() {
    let config = Config { redis: Some(redis::nowhere()), notify: false, ..Config::default() };
    let house = House::with(config).await;
    let took = hears_of_a_commit_elsewhere(&house, || {}).await;
    assert!(took < Duration::from_secs(10), "{took:?}");
}
