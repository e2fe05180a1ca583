//! The driver with a real file and a real wire, against a server that says what a test has it say.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

#[path = "driver/cast.rs"]
mod cast;
#[path = "driver/server.rs"]
mod server;

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use cast::{Desk, patient};
use server::Server;
use tokio::net::TcpListener;
use uuid::Uuid;
use wattle_domain::FeedClass;
use wattle_protocol::pull::Frame;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_live_are_in_the_file_at_once_and_without_a_question() {
    let server = Server::new();
    let (desk, driver) = Desk::online(&server).await;
    assert_eq!(server.said().live_query.as_deref(), Some("rows=ref,front"));
    // The pulls of the beginning are over when rows come in a row without one.
    let mut rev = 1;
    let mut quiet = 0;
    while quiet < 5 {
        let pulls = server.said().pulls.len();
        rev += 1;
        server.commit(FeedClass::Front, vec![patient(1, rev)]);
        let head = u64::try_from(rev).unwrap();
        desk.until("it", |desk| desk.cursor(FeedClass::Front) == head).await;
        quiet = if server.said().pulls.len() == pulls { quiet + 1 } else { 0 };
    }
    let pulls = server.said().pulls.len();
    let mut news = desk.store.subscribe();
    let mut took = Vec::new();
    for n in 1..=200_i64 {
        let began = Instant::now();
        server.commit(FeedClass::Front, vec![patient(1, rev + n)]);
        // Told of after its commit.
        tokio::time::timeout(Duration::from_secs(20), news.recv()).await.expect("in time").unwrap();
        took.push(began.elapsed());
    }
    assert_eq!(desk.cursor(FeedClass::Front), u64::try_from(rev).unwrap() + 200);
    assert_eq!(server.said().pulls.len(), pulls, "live brought all of it");
    took.sort();
    // The floor of it: the same into the same file, with no wire, task or thread between.
    driver.stop().await;
    let head = u64::try_from(rev).unwrap() + 200;
    let mut floor = Vec::new();
    for n in 0..200_u64 {
        let rows = vec![patient(1, i64::try_from(head + n + 1).unwrap())];
        let delta = server.rows(FeedClass::Front, head + n, rows);
        let store = desk.store.clone();
        let began = Instant::now();
        let taken = tokio::task::spawn_blocking(move || store.take_in(delta)).await.unwrap();
        floor.push(began.elapsed());
        assert!(taken.unwrap().is_some());
    }
    floor.sort();
    println!(
        "wire to commit: p50 {:?}, p99 {:?}; the file alone: p50 {:?}, p99 {:?}",
        took[100], took[198], floor[100], floor[198]
    );
    assert!(took[100] < Duration::from_millis(100), "p50 {:?}", took[100]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_of_rows_is_in_the_file_in_its_order() {
    let server = Server::new();
    let (desk, driver) = Desk::online(&server).await;
    for n in 0..300_i64 {
        server.commit(FeedClass::Front, vec![patient(1, n + 2)]);
    }
    desk.until("all of it", |desk| desk.cursor(FeedClass::Front) == 301).await;
    driver.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_the_file_cannot_take_are_fetched_and_nothing_ends() {
    let server = Server::new();
    let (desk, driver) = Desk::online(&server).await;
    let pulls = server.said().pulls.len();
    let torn =
        Frame::Rows { feed: FeedClass::Front, table: "patient".into(), columns: vec![], rows: vec![vec![]] };
    server.commit(FeedClass::Front, vec![torn]);
    server.until("a pull instead", |said| said.pulls.len() > pulls).await;
    desk.until("past it", |desk| desk.cursor(FeedClass::Front) == 2).await;
    server.commit(FeedClass::Front, vec![patient(1, 3)]);
    desk.until("and on", |desk| desk.cursor(FeedClass::Front) == 3).await;
    driver.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_fails_for_ever_blocks_no_download() {
    let server = Server::new();
    let (mut desk, driver) = Desk::online(&server).await;
    server.said().push_fault = Some(StatusCode::INTERNAL_SERVER_ERROR);
    desk.submit();
    driver.nudge();
    for n in 0..5_u64 {
        let before = server.said().pushes;
        server.commit(FeedClass::Front, vec![patient(1, i64::try_from(n).unwrap() + 2)]);
        desk.until("rows come", |desk| desk.cursor(FeedClass::Front) == n + 2).await;
        server.until("and pushes are tried", |said| said.pushes > before).await;
    }
    let fault = driver.sync_state().borrow().faults.iter().find(|f| f.work == "push").cloned().unwrap();
    assert_eq!(fault.code, "internal");
    server.said().push_fault = None;
    desk.until("sent in the end", |desk| desk.store.sync_facts().unwrap().outbox_len == 0).await;
    driver.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_partition_uploads_do_not_wait_for_the_next_edit() {
    let server = Server::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    server.serve(listener).await;
    // The same file, first in step and then with nobody at home.
    let mut desk = Desk::new();
    let driver = desk.start(&format!("http://{address}"));
    desk.until("in step", |desk| desk.cursor(FeedClass::Front) == 1).await;
    driver.stop().await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    desk.submit();
    let driver = desk.start(&format!("http://{address}"));
    let mut state = driver.sync_state();
    let offline = state.wait_for(|s| s.faults.iter().any(|f| f.work == "session" && f.times >= 4));
    tokio::time::timeout(Duration::from_secs(20), offline).await.expect("it tries").unwrap();
    assert_eq!(server.said().decided, []);
    // The network is back. Nobody edits, nudges or wakes anything.
    server.serve(TcpListener::bind(address).await.unwrap()).await;
    server.until("it is sent", |said| said.decided.len() == 1).await;
    desk.until("and covered", |desk| {
        let facts = desk.store.sync_facts().unwrap();
        facts.outbox_len == 0 && facts.awaiting.is_empty()
    })
    .await;
    driver.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fetching_everything_again_loses_no_unsent_work() {
    let server = Server::new();
    let (mut desk, driver) = Desk::online(&server).await;
    driver.stop().await;
    server.said().push_fault = Some(StatusCode::INTERNAL_SERVER_ERROR);
    // Half a year later: the log does not reach back to us, and the patient has another name.
    {
        let mut said = server.said();
        said.horizon = 50;
        said.heads = [(FeedClass::Ref, 60), (FeedClass::Front, 60)].into();
        said.whole.insert(FeedClass::Front, vec![patient(1, 40)]);
    }
    desk.submit();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    server.serve(listener).await;
    let driver = desk.start(&url);
    desk.until("fetched whole", |desk| desk.cursor(FeedClass::Front) == 60).await;
    assert_eq!(desk.store.sync_facts().unwrap().outbox_len, 1, "unsent work is still here");
    server.said().push_fault = None;
    server.until("and goes out", |said| said.decided.len() == 1).await;
    driver.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revoked_rows_leave_the_file_at_the_next_contact() {
    let server = Server::new();
    let (desk, driver) = Desk::online(&server).await;
    driver.stop().await;
    let rows = |desk: &Desk| desk.store.patient(cast::id(3, 1).into()).unwrap().is_some();
    assert!(rows(&desk));
    server.said().heads.remove(&FeedClass::Front);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    server.serve(listener).await;
    let driver = desk.start(&url);
    desk.until("gone", |desk| !rows(desk)).await;
    assert!(!desk.store.sync_facts().unwrap().cursors.contains_key(&FeedClass::Front));
    driver.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_unpacks_nothing_still_gets_large_pushes() {
    let server = Server::new();
    let (mut desk, driver) = Desk::online(&server).await;
    desk.submit_together(20);
    driver.nudge();
    server.until("all of them", |said| said.decided.len() == 20).await;
    assert_eq!(server.said().pushes, 2, "packed, and once more as it is");
    driver.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hello_says_which_file_numbers_and_what_it_may_hold() {
    let server = Server::new();
    let (desk, driver) = Desk::online(&server).await;
    let hello = server.said().hellos[0].clone();
    assert_eq!(hello.replica, Some(desk.store.sync_facts().unwrap().replica));
    assert_eq!(hello.feeds, Some(vec![FeedClass::Ref, FeedClass::Front]));
    assert_ne!(hello.replica.unwrap().0, Uuid::nil());
    assert!(server.said().pulls.iter().all(|pull| pull.feeds == hello.feeds));
    driver.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_asks_has_every_table_compared() {
    let server = Server::new();
    let (_desk, driver) = Desk::online(&server).await;
    driver.check_now();
    let tables = wattle_domain::TableName::ALL
        .iter()
        .filter(|t| matches!(t.table().class, FeedClass::Ref | FeedClass::Front))
        .count();
    server
        .until("all of them", |said| {
            let asked = said.pulls.iter().filter_map(|pull| pull.digest.as_ref());
            let stamps = asked.clone().filter(|ask| ask.content_of.is_none()).flat_map(|ask| &ask.tables);
            stamps.collect::<std::collections::BTreeSet<_>>().len() == tables && asked.count() == tables * 2
        })
        .await;
    driver.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_whose_copy_is_at_work_numbers_under_another_id() {
    let server = Server::new();
    let (mut desk, driver) = Desk::online(&server).await;
    server.said().twin = true;
    let replica = |desk: &Desk| desk.store.sync_facts().unwrap().replica;
    let before = replica(&desk);
    desk.submit();
    driver.nudge();
    desk.until("another id", |desk| replica(desk) != before).await;
    server.said().twin = false;
    desk.submit();
    driver.nudge();
    server.until("nothing is dropped for it", |said| said.decided.len() == 2).await;
    driver.stop().await;
}
