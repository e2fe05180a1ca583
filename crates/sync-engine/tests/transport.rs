//! The transport against a real HTTP server on the loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wattle_domain::{FeedClass, FeedSeq};
use wattle_protocol::ErrorCode;
use wattle_protocol::image::ImageAsk;
use wattle_protocol::live::Hint;
use wattle_protocol::pull::{Frame, Pull};
use wattle_protocol::push::{Push, Signed};
use wattle_sync_engine::transport::{Error, Heard, Limits, Transport, Why};

fn limits() -> Limits {
    Limits {
        answer: Duration::from_secs(5),
        silence: Duration::from_millis(300),
        answer_bytes: 10_000,
        frame_bytes: 10_000,
        ..Limits::default()
    }
}

async fn serve(router: Router) -> Transport {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Transport::with_limits(&url, limits()).unwrap()
}

fn pull() -> Pull {
    Pull { epoch: "e".into(), max_bytes: 1, ..Pull::default() }
}

async fn push_answered(status: u16, body: &'static str, retry_after: Option<&'static str>) -> Error {
    let answer = move || async move {
        let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert("retry-after", seconds.parse().unwrap());
        }
        response
    };
    let transport = serve(Router::new().route("/v1/push", post(answer))).await;
    transport.push("token", &Push { commands: vec![] }).await.unwrap_err()
}

fn refused(code: ErrorCode, retry_after_s: Option<u32>, correlation_id: &str) -> Error {
    Error::Refused { code, retry_after_s, correlation_id: correlation_id.into() }
}

#[tokio::test]
async fn faults_become_typed_errors() {
    let ours = r#"{"code":"rate_limited","correlation_id":"c1","retry_after_s":7}"#;
    assert_eq!(push_answered(429, ours, None).await, refused(ErrorCode::RateLimited, Some(7), "c1"));
    let newer = r#"{"code":"moon_phase","correlation_id":"c2","more":1}"#;
    assert_eq!(push_answered(400, newer, None).await, refused(ErrorCode::Other, None, "c2"));
    let header = r#"{"code":"unavailable","correlation_id":"c3"}"#;
    assert_eq!(push_answered(503, header, Some("9")).await, refused(ErrorCode::Unavailable, Some(9), "c3"));
    let why = "a proxy's own words, where they mean the same";
    assert_eq!(push_answered(413, "<html>", None).await, refused(ErrorCode::TooLarge, None, ""), "{why}");
    assert_eq!(
        push_answered(503, "", Some("3")).await,
        refused(ErrorCode::Unavailable, Some(3), ""),
        "{why}"
    );
    for (status, body) in
        [(502, "<html>"), (404, ""), (200, "<html>welcome"), (200, "{}"), (204, ""), (302, "")]
    {
        let error = push_answered(status, body, None).await;
        assert!(matches!(error, Error::Garbled { .. }), "{status} {body:?} is not ours: {error:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_refused() {
    let body: &'static str = Box::leak("x".repeat(20_000).into_boxed_str());
    assert_eq!(push_answered(200, body, None).await, Error::Garbled { what: "the answer is too long" });
}

#[tokio::test]
async fn every_call_says_protocol_and_token() {
    let echo = |headers: HeaderMap| async move {
        let right = headers["wattle-protocol"] == "2" && headers["authorization"] == "Bearer the-token";
        if right { r#"{"answers":[]}"#.into_response() } else { StatusCode::NOT_FOUND.into_response() }
    };
    let transport = serve(Router::new().route("/v1/push", post(echo))).await;
    transport.push("the-token", &Push { commands: vec![] }).await.unwrap();
    let error = transport.push("bad\ntoken", &Push { commands: vec![] }).await.unwrap_err();
    assert_eq!(error, refused(ErrorCode::SignInAgain, None, ""), "a token that is no token");
}

#[tokio::test]
async fn nobody_at_home_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let transport = Transport::with_limits(&url, limits()).unwrap();
    let error = transport.push("token", &Push { commands: vec![] }).await.unwrap_err();
    assert_eq!(error, Error::Unreachable(Why::NoConnection));
}

/// A server that says exactly these bytes in answer to anything, and then closes or stays silent.
async fn raw(bytes: Vec<u8>, close: bool) -> Transport {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 65_536];
            let _ = socket.read(&mut request).await.unwrap();
            socket.write_all(&bytes).await.unwrap();
            if close {
                socket.shutdown().await.unwrap();
            } else {
                std::future::pending::<()>().await;
            }
        }
    });
    Transport::with_limits(&url, limits()).unwrap()
}

async fn frames_of(transport: &Transport) -> (Vec<Frame>, Option<Error>) {
    let mut frames = match transport.pull("token", &pull()).await {
        Ok(frames) => frames,
        Err(error) => return (vec![], Some(error)),
    };
    let mut got = Vec::new();
    loop {
        match frames.next().await {
            Ok(Some(frame)) => got.push(frame),
            Ok(None) => return (got, None),
            Err(error) => return (got, Some(error)),
        }
    }
}

const PAGE: &str = "{\"frame\":\"page\",\"feed\":\"ref\",\"to\":3}\n";
const END: &str = "{\"frame\":\"checkpoint\",\"cursors\":{\"ref\":3},\"answers\":[],\"complete\":true}\n";

#[tokio::test]
async fn only_a_stream_with_its_checkpoint_is_whole() {
    let garbled = |what| Some(Error::Garbled { what });
    for (body, frames, want) in [
        (format!("{PAGE}{END}"), 2, None),
        (format!("{PAGE}\n{END}"), 2, None),
        (PAGE.to_owned(), 1, Some(Error::Unreachable(Why::Cut))),
        (format!("{PAGE}{}", END.trim_end()), 1, Some(Error::Unreachable(Why::Cut))),
        (String::new(), 0, Some(Error::Unreachable(Why::Cut))),
        (format!("{PAGE}{END}{PAGE}"), 2, garbled("a frame after the checkpoint")),
        (format!("{PAGE}{{\"frame\":\"pa\n{END}"), 1, garbled("a line that is no frame")),
        (format!("{PAGE}<html>\n{END}"), 1, garbled("a line that is no frame")),
        (format!("{PAGE}{}", "x".repeat(20_000)), 1, garbled("a line is too long")),
    ] {
        let shown: String = body.chars().take(80).collect();
        let answer = move || std::future::ready(Response::new(Body::from(Bytes::from(body.clone()))));
        let transport = serve(Router::new().route("/v1/pull", post(answer))).await;
        let (got, error) = frames_of(&transport).await;
        assert_eq!((got.len(), error), (frames, want), "{shown}");
    }
}

#[tokio::test]
async fn a_cut_or_silent_connection_is_not_an_end() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n";
    let whole = format!("{PAGE}{END}");
    let chunk = format!("{head}{:x}\r\n{whole}\r\n", whole.len());
    // Everything was said, but the last chunk is missing: who knows what else was to come.
    let (got, error) = frames_of(&raw(chunk.clone().into_bytes(), true).await).await;
    assert_eq!(got.len(), 2);
    assert!(matches!(error, Some(Error::Unreachable(_) | Error::Garbled { .. })), "cut: {error:?}");
    let (_, error) = frames_of(&raw(chunk.into_bytes(), false).await).await;
    assert_eq!(error, Some(Error::Unreachable(Why::TimedOut)));
}

#[tokio::test]
async fn a_compressed_stream_is_read_as_it_comes() {
    let whole = format!("{PAGE}{END}");
    let packed = zstd_of(whole.as_bytes());
    let answer = move || {
        let response =
            Response::builder().header("content-encoding", "zstd").body(Body::from(packed.clone()));
        std::future::ready(response.unwrap())
    };
    let transport = serve(Router::new().route("/v1/pull", post(answer))).await;
    assert_eq!(frames_of(&transport).await.1, None);
    let answer = || {
        let response = Response::builder().header("content-encoding", "zstd").body(Body::from(PAGE));
        std::future::ready(response.unwrap())
    };
    let transport = serve(Router::new().route("/v1/pull", post(answer))).await;
    assert!(frames_of(&transport).await.1.is_some(), "not zstd though it says so");
}

/// A zstd frame with one raw block (RFC 8878): no compressor needed to test that we unpack.
fn zstd_of(bytes: &[u8]) -> Vec<u8> {
    assert!(bytes.len() < 256, "fits one byte of frame content size");
    let mut out = vec![0x28, 0xb5, 0x2f, 0xfd, 0x20, u8::try_from(bytes.len()).unwrap()];
    let header = u32::try_from(bytes.len()).unwrap() << 3 | 1;
    out.extend_from_slice(&header.to_le_bytes()[..3]);
    out.extend_from_slice(bytes);
    out
}

#[tokio::test]
async fn live_hears_hints_and_notices_silence_and_the_end() {
    let said = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: hello\n\ndata: {\"feed\":\"front\",\"head\":4}\n\n";
    let hint = Heard::Hint(Hint { feed: FeedClass::Front, head: FeedSeq(4) });

    let mut live = raw(said.into(), true).await.live("token", &[]).await.unwrap();
    assert_eq!(live.next().await, Ok(Some(Heard::Beat)));
    assert_eq!(live.next().await, Ok(Some(hint.clone())));
    assert_eq!(live.next().await, Ok(None), "closed");

    let mut live = raw(said.into(), false).await.live("token", &[]).await.unwrap();
    assert_eq!(live.next().await, Ok(Some(Heard::Beat)));
    assert_eq!(live.next().await, Ok(Some(hint)));
    assert_eq!(live.next().await, Err(Error::Unreachable(Why::TimedOut)), "silent for too long");

    let refuse = || async { (StatusCode::UNAUTHORIZED, r#"{"code":"sign_in_again","correlation_id":"x"}"#) };
    let transport = serve(Router::new().route("/v1/live", get(refuse))).await;
    assert_eq!(transport.live("token", &[]).await.unwrap_err(), refused(ErrorCode::SignInAgain, None, "x"));
}

#[tokio::test]
async fn live_asks_for_the_rows_of_the_files_feeds_and_reads_them() {
    let answer = |RawQuery(query): RawQuery| async move {
        assert_eq!(query.as_deref(), Some("rows=ref,front"));
        let rows = vec![vec![serde_json::Value::from("x".repeat(200_000))]];
        let frames = [Frame::Rows { feed: FeedClass::Front, table: "patient".into(), columns: vec![], rows }];
        let delta = serde_json::json!({"epoch": "e", "feed": "front", "from": 4, "to": 6, "frames": frames});
        format!("event: rows\ndata: {delta}\n\ndata: {{\"feed\":\"front\",\"head\":7}}\n\n")
    };
    let transport = serve(Router::new().route("/v1/live", get(answer))).await;
    let mut live = transport.live("token", &[FeedClass::Ref, FeedClass::Front]).await.unwrap();
    let Ok(Some(Heard::Delta(delta))) = live.next().await else {
        panic!("no rows, though they are below the limit")
    };
    assert_eq!((delta.from, delta.to, delta.frames.len()), (FeedSeq(4), FeedSeq(6), 1));
    let hint = Heard::Hint(Hint { feed: FeedClass::Front, head: FeedSeq(7) });
    assert_eq!(live.next().await, Ok(Some(hint)), "a name counts for its own event only");
}

#[tokio::test]
async fn large_pushes_go_packed_and_small_ones_as_they_are() {
    let answer = |headers: HeaderMap, body: Bytes| async move {
        let packed = headers.get("content-encoding").is_some_and(|encoding| encoding == "zstd");
        let plain = if packed { zstd::decode_all(&body[..]).unwrap() } else { body.to_vec() };
        let push: Push = serde_json::from_slice(&plain).unwrap();
        assert_eq!(packed, plain.len() > 1_024);
        assert!(!packed || body.len() * 10 < plain.len(), "names repeat");
        assert_eq!(headers["content-type"], "application/json");
        let answers = push.commands.iter().enumerate().map(|(n, _)| {
            serde_json::json!({"command_id": uuid::Uuid::from_u128(n as u128), "verdict": "applied"})
        });
        serde_json::json!({"answers": answers.collect::<Vec<_>>()}).to_string()
    };
    let transport = serve(Router::new().route("/v1/push", post(answer))).await;
    for commands in [1, 60] {
        let signed = Signed { payload: "{\"name\":\"book\"}".into(), signature: "s".into() };
        let push = Push { commands: vec![signed; commands] };
        assert_eq!(transport.push("token", &push).await.unwrap().answers.len(), commands);
    }
}

#[tokio::test]
async fn a_server_that_does_not_unpack_is_asked_plain_once_and_then_always() {
    let packed = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&packed);
    let answer = move |headers: HeaderMap| {
        let is_packed = headers.contains_key("content-encoding");
        seen.fetch_add(usize::from(is_packed), Ordering::Relaxed);
        std::future::ready(if is_packed {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "what is this?")
        } else {
            (StatusCode::OK, "{\"answers\":[]}")
        })
    };
    let transport = serve(Router::new().route("/v1/push", post(answer))).await;
    let signed = Signed { payload: "p".repeat(2_000), signature: String::new() };
    for _ in 0..3 {
        transport.clone().push("token", &Push { commands: vec![signed.clone()] }).await.unwrap();
    }
    assert_eq!(packed.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_packed_push_that_was_not_answered_is_not_sent_again_here() {
    let asked = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&asked);
    let answer = move || {
        seen.fetch_add(1, Ordering::Relaxed);
        std::future::ready((
            StatusCode::SERVICE_UNAVAILABLE,
            r#"{"code":"unavailable","correlation_id":"c"}"#,
        ))
    };
    let transport = serve(Router::new().route("/v1/push", post(answer))).await;
    let signed = Signed { payload: "p".repeat(2_000), signature: String::new() };
    let error = transport.push("token", &Push { commands: vec![signed] }).await.unwrap_err();
    assert_eq!(error, refused(ErrorCode::Unavailable, None, "c"));
    assert_eq!(asked.load(Ordering::Relaxed), 1, "when to try again is the machine's to say");
}

#[tokio::test]
async fn an_image_is_offered_or_not() {
    let ask = ImageAsk { schema: 2, feeds: vec![FeedClass::Ref], resume: None };
    let offer = r#"{"id":"00000000-0000-0000-0000-000000000001","schema":2,"feeds":["ref"],"epoch":"e","cursors":{"ref":3},
        "key":"k","page_bytes":4096,"pages":1,"rows":1,"chunks":[]}"#;
    for (status, body, want) in [
        (200, offer, Ok(true)),
        (404, r#"{"code":"not_found","correlation_id":"c"}"#, Ok(false)),
        (503, r#"{"code":"unavailable","correlation_id":"c"}"#, Err(())),
        (404, "<html>", Err(())),
    ] {
        let answer = move || std::future::ready((StatusCode::from_u16(status).unwrap(), body));
        let transport = serve(Router::new().route("/v1/image", post(answer))).await;
        let got = transport.image("token", &ask).await.map(|offer| offer.is_some()).map_err(drop);
        assert_eq!(got, want, "{status} {body}");
    }
}
