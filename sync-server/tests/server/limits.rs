//! Limits of every route, and what a refusal looks like.

use std::time::Duration;

use reqwest::StatusCode;
use wattle_protocol::ErrorCode;
use wattle_server::config::Config;

use crate::support::House;
use crate::support::desk::fault;

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
        ("/v1/sign-in", 5_000, Some(ErrorCode::TooLarge)),
        ("/v1/refresh", 5_000, Some(ErrorCode::TooLarge)),
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

/// A body that never comes ends with the request's time.
#[tokio::test]
async fn slow_bodies_are_cut() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let house = House::with(Config { request_time: Duration::from_millis(500), ..Config::default() }).await;
    let mut socket = tokio::net::TcpStream::connect(house.address()).await.unwrap();
    socket
        .write_all(
            b"POST /v1/refresh HTTP/1.1\r\nhost: x\r\nwattle-protocol: 1\r\nconnection: close\r\n\
              content-length: 100\r\n\r\n{",
        )
        .await
        .unwrap();
    let mut said = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), socket.read_to_end(&mut said)).await;
    read.expect("cut long before ten seconds").unwrap();
    let said = String::from_utf8_lossy(&said);
    assert!(said.starts_with("HTTP/1.1 503") && said.contains("unavailable"), "{said}");
}
