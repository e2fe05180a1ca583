//! Limits of every route, and what a refusal looks like.

use std::time::Duration;

use reqwest::StatusCode;
use wattle_protocol::ErrorCode;
use wattle_protocol::pull::Pull;
use wattle_protocol::push::{Push, Pushed};
use wattle_server::config::Config;

use crate::support::House;
use crate::support::desk::{fault, patient};

#[tokio::test]
async fn bodies_are_limited() {
    let house =
        House::with(Config { push_bytes: 10_000, pull_bytes: 4_000, body_bytes: 2_000, ..Config::default() })
            .await;
    let desk = house.desk("reception-1", "maria").await;
    let body = |bytes: usize| serde_json::json!({"commands": [], "padding": "x".repeat(bytes)});
    for (path, bytes, code) in [
        ("/v1/push", 5_000, None),
        ("/v1/push", 20_000, Some(ErrorCode::TooLarge)),
        ("/v1/session", 5_000, Some(ErrorCode::TooLarge)),
        ("/v1/pull", 6_000, Some(ErrorCode::TooLarge)),
        ("/v1/sign-in", 17_000, Some(ErrorCode::TooLarge)),
        ("/v1/refresh", 17_000, Some(ErrorCode::TooLarge)),
    ] {
        let response = desk.post(path, &body(bytes)).await;
        match code {
            None => assert_eq!(response.status(), 200, "{path}"),
            Some(code) => {
                assert_eq!(fault(response).await, (StatusCode::PAYLOAD_TOO_LARGE, code), "{path}");
            }
        }
    }
}

#[tokio::test]
async fn unknown_routes_and_methods_are_faults_with_codes() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    assert_eq!(
        fault(desk.post("/v1/nothing", &()).await).await,
        (StatusCode::NOT_FOUND, ErrorCode::NotFound)
    );
    let wrong_method = desk
        .http
        .get(format!("http://{}/v1/push", house.address()))
        .header("wattle-protocol", "1")
        .send()
        .await
        .unwrap();
    assert_eq!(fault(wrong_method).await, (StatusCode::BAD_REQUEST, ErrorCode::Malformed));
}

/// A peer that opens a connection and dawdles over its header is cut.
#[tokio::test]
async fn slow_headers_are_cut() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let house = House::with(Config { header_time: Duration::from_millis(200), ..Config::default() }).await;
    let mut socket = tokio::net::TcpStream::connect(house.address()).await.unwrap();
    socket.write_all(b"POST /v1/push HTTP/1.1\r\nhost: x\r\n").await.unwrap();
    let mut said = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), socket.read_to_end(&mut said)).await;
    read.expect("cut long before ten seconds").unwrap();
    assert!(said.is_empty() || said.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&said));
}

/// Sends a header and the first byte of a longer body.
async fn half_sent(house: &House, path: &str, more: &str) -> tokio::net::TcpStream {
    use tokio::io::AsyncWriteExt;
    let mut socket = tokio::net::TcpStream::connect(house.address()).await.unwrap();
    let header = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nwattle-protocol: 1\r\nconnection: close\r\n{more}content-length: 100\r\n\r\n{{"
    );
    socket.write_all(header.as_bytes()).await.unwrap();
    socket
}

/// A body that never comes ends with its time, whoever sends it.
#[tokio::test]
async fn slow_bodies_are_cut() {
    use tokio::io::AsyncReadExt;
    let short = Duration::from_millis(500);
    let config = Config { request_time: short, stranger_time: short, ..Config::default() };
    let house = House::with(config).await;
    let desk = house.desk("reception-1", "maria").await;
    let token = format!("authorization: Bearer {}\r\n", desk.signed_in.access_token);
    for (path, more) in [
        ("/v1/refresh", ""),
        ("/v1/sign-in", ""),
        ("/v1/openid", ""),
        ("/v1/push", token.as_str()),
        ("/v1/session", token.as_str()),
        ("/v1/pull", token.as_str()),
    ] {
        let mut socket = half_sent(&house, path, more).await;
        let mut said = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(10), socket.read_to_end(&mut said)).await;
        read.expect("cut long before ten seconds").unwrap();
        let said = String::from_utf8_lossy(&said);
        assert!(said.starts_with("HTTP/1.1 503") && said.contains("unavailable"), "{path}: {said}");
    }
}

/// Who sends slowly stands between nobody and the server.
#[tokio::test]
async fn a_hundred_slow_senders_stop_no_sign_in() {
    use tokio::io::AsyncReadExt;
    let house = House::with(Config { stranger_time: Duration::from_secs(600), ..Config::default() }).await;
    let mut slow = Vec::new();
    for _ in 0..100 {
        let mut socket = half_sent(&house, "/v1/sign-in", "expect: 100-continue\r\n").await;
        let mut said = [0; 25];
        let asked_for = tokio::time::timeout(Duration::from_secs(20), socket.read_exact(&mut said)).await;
        asked_for.expect("the server waits for each of these bodies").unwrap();
        assert_eq!(&said, b"HTTP/1.1 100 Continue\r\n\r\n");
        slow.push(socket);
    }
    house.desk("reception-1", "maria").await;
    for socket in &slow {
        let ended = socket.try_read(&mut [0; 1]).map_err(|error| error.kind());
        assert_eq!(ended, Err(std::io::ErrorKind::WouldBlock), "all of them are still at it");
    }
}

#[tokio::test]
async fn a_clinic_does_not_take_the_last_live_stream_of_all() {
    use crate::support::Ear;
    let house = House::with(Config { streams: (3, 2), ..Config::default() }).await;
    let mut ears = Vec::new();
    for name in ["reception-1", "reception-2"] {
        ears.push(Ear::open(&house.desk(name, "maria").await).await);
    }
    let third = house.desk("reception-3", "maria").await;
    let url = format!("http://{}/v1/live", house.address());
    let ask = third.http.get(url).header("wattle-protocol", "1").bearer_auth(&third.signed_in.access_token);
    let refused = ask.send().await.unwrap();
    assert_eq!(house.figures().await.value("wattle_admission_refused_total", &[]), 1.0);
    assert_eq!(fault(refused).await, (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable));
}

/// A workstation that opens live again and again does not take the places of the others.
#[tokio::test]
async fn live_streams_of_one_workstation_are_few() {
    use crate::support::Ear;
    let house = House::with(Config { streams_per_workstation: 2, ..Config::default() }).await;
    let desk = house.desk("reception-1", "maria").await;
    let other = house.desk("reception-2", "maria").await;
    let (first, _second) = (Ear::open(&desk).await, Ear::open(&desk).await);
    let third = async || {
        let url = format!("http://{}/v1/live", house.address());
        desk.http
            .get(url)
            .header("wattle-protocol", "1")
            .bearer_auth(&desk.signed_in.access_token)
            .send()
            .await
            .unwrap()
    };
    assert_eq!(fault(third().await).await, (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable));
    let _others = Ear::open(&other).await;
    drop(first);
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while third().await.status() != 200 {
        assert!(std::time::Instant::now() < deadline, "its place is free again");
        tokio::task::yield_now().await;
    }
}

async fn post_packed(desk: &crate::support::Desk, path: &str, body: Vec<u8>) -> reqwest::Response {
    desk.http
        .post(format!("http://{}{path}", desk.address))
        .header("wattle-protocol", wattle_protocol::PROTOCOL)
        .header("content-encoding", "zstd")
        .header("content-type", "application/json")
        .bearer_auth(&desk.signed_in.access_token)
        .body(body)
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn pushes_and_pulls_may_come_packed() {
    let house = House::new().await;
    let mut desk = house.desk("reception-1", "maria").await;
    let commands = (0..30).map(|_| desk.command(patient("Nguyen"))).collect();
    let push = serde_json::to_vec(&Push { commands }).unwrap();
    let packed = zstd::encode_all(push.as_slice(), 3).unwrap();
    assert!(packed.len() * 2 < push.len());
    let response = post_packed(&desk, "/v1/push", packed).await;
    assert_eq!(response.status(), 200);
    let pushed: Pushed = response.json().await.unwrap();
    assert_eq!(pushed.answers.len(), 30);
    let pull = Pull { epoch: desk.epoch.clone(), max_bytes: u64::MAX, ..Pull::default() };
    let packed = zstd::encode_all(serde_json::to_vec(&pull).unwrap().as_slice(), 3).unwrap();
    let response = post_packed(&desk, "/v1/pull", packed).await;
    assert_eq!(response.status(), 200);
    assert!(response.text().await.unwrap().contains("Nguyen"));
}

/// What is small when packed and big when not never gets big here.
#[tokio::test]
async fn packed_bodies_are_limited_by_what_they_become() {
    let house = House::with(Config { push_bytes: 1_000_000, ..Config::default() }).await;
    let desk = house.desk("reception-1", "maria").await;
    let padded = |bytes: usize| format!("{{\"commands\": [], \"padding\": \"{}\"}}", "x".repeat(bytes));
    let pack = |text: &str| zstd::encode_all(text.as_bytes(), 3).unwrap();
    assert_eq!(post_packed(&desk, "/v1/push", pack(&padded(900_000))).await.status(), 200);
    for bytes in [1_000_000, 500_000_000] {
        let bomb = pack(&padded(bytes));
        assert!(bomb.len() < 100_000);
        let refused = fault(post_packed(&desk, "/v1/push", bomb).await).await;
        assert_eq!(refused, (StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::TooLarge), "{bytes}");
    }
    let malformed = (StatusCode::BAD_REQUEST, ErrorCode::Malformed);
    assert_eq!(fault(post_packed(&desk, "/v1/push", b"not zstd".to_vec()).await).await, malformed);
    // A window that alone would take 128 MiB. Only a stream of unknown length says its window, so it is written so.
    let mut wide = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    wide.window_log(27).unwrap();
    std::io::Write::write_all(&mut wide, padded(10).as_bytes()).unwrap();
    assert_eq!(fault(post_packed(&desk, "/v1/push", wide.finish().unwrap()).await).await, malformed);
    // Where nothing big is expected, nothing packed is taken.
    assert_eq!(fault(post_packed(&desk, "/v1/session", pack("{}")).await).await, malformed);
}

/// One clinic floods; another one's push waits for a turn of its own, not for the flood.
#[tokio::test(flavor = "multi_thread")]
async fn a_flooding_clinic_does_not_hold_up_another() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    const FLOOD: usize = 60;
    let config = Config { requests: (4, 2), pushes: (2, 1), ..Config::default() };
    let mut house = House::with(config).await;
    let mut flooding = Vec::new();
    let mut reception = house.desk("reception-1", "maria").await;
    for _ in 0..FLOOD {
        flooding.push(Push { commands: vec![reception.command(patient("Flood"))] });
    }
    let reception = Arc::new(reception);
    let mut other = house.desk_elsewhere("Other Street Clinic", "olga").await;
    let served = Arc::new(AtomicUsize::new(0));
    // The flood stands: nobody of it is served while its clinic's workstation is locked.
    let mut lock = house.root.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM clinic.workstation WHERE name = 'reception-1' FOR UPDATE")
        .execute(&mut *lock)
        .await
        .unwrap();
    let flood: Vec<_> = flooding
        .into_iter()
        .map(|push| {
            let (reception, served) = (reception.clone(), served.clone());
            tokio::spawn(async move {
                let response = reception.post("/v1/push", &push).await;
                served.fetch_add(1, Ordering::SeqCst);
                response.status()
            })
        })
        .collect();
    // All of it has reached the server when one is in its transaction and the rest can only wait.
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while house.count("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()").await < 1 {
        assert!(std::time::Instant::now() < deadline, "the flood never came");
        tokio::task::yield_now().await;
    }
    let verdict = other.do_it(patient("Other")).await;
    assert_eq!(verdict, wattle_protocol::push::Verdict::Applied);
    assert_eq!(served.load(Ordering::SeqCst), 0, "served past a flood of which nobody was");
    lock.rollback().await.unwrap();
    for one in flood {
        assert_eq!(one.await.unwrap(), 200, "and the flood is served after all");
    }
}

#[tokio::test]
async fn every_answer_says_what_it_is_not_for() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    let refused = desk.post("/v1/nothing", &()).await;
    let alive = desk.http.get(format!("http://{}/healthz", house.address())).send().await.unwrap();
    let pulled = desk.post("/v1/pull", &Pull { max_bytes: u64::MAX, ..Pull::default() }).await;
    for answer in [refused, alive, pulled] {
        let says = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(says("cache-control"), "no-store", "{}", answer.url());
        assert_eq!(says("x-content-type-options"), "nosniff");
        assert_eq!(says("referrer-policy"), "no-referrer");
        assert!(says("content-security-policy").contains("frame-ancestors 'none'"));
        assert!(says("strict-transport-security").starts_with("max-age="));
    }
}

/// Behind a proxy everybody has the proxy's address; one who guesses must not lock the others out.
#[tokio::test]
async fn a_proxy_that_is_trusted_says_who_asks_and_nobody_else_may() {
    use crate::support::desk::{new_key, random_hex, sign_in_body};
    let guess = |house: &House, from: &'static str| {
        let body = sign_in_body(Some(("ABCD-EFGH-JKLM".into(), "x")), "maria", &new_key(), &random_hex());
        let asked = reqwest::Client::new()
            .post(format!("http://{}/v1/sign-in", house.address()))
            .header("wattle-protocol", wattle_protocol::PROTOCOL)
            .header("x-forwarded-for", from)
            .json(&body)
            .send();
        async move { fault(asked.await.unwrap()).await.1 }
    };
    let few = Config { attempts_per_address: 2, ..Config::default() };
    let trusting = Config { trusted_proxies: vec!["127.0.0.1".parse().unwrap()], ..few.clone() };
    for (config, from_another) in [(trusting, ErrorCode::NotEnrolled), (few, ErrorCode::RateLimited)] {
        let house = House::with(config).await;
        // What a client writes into the header itself stands left of what the proxy adds.
        for _ in 0..2 {
            assert_eq!(guess(&house, "192.0.2.1, 198.51.100.7").await, ErrorCode::NotEnrolled);
        }
        assert_eq!(guess(&house, "192.0.2.99, 198.51.100.7").await, ErrorCode::RateLimited);
        assert_eq!(guess(&house, "198.51.100.7, 203.0.113.5").await, from_another);
    }
}
