//! Every route, and what nobody should send it: refused with a code and a correlation id, nothing changed, nothing said
//! of what came.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use wattle_domain::Role;
use wattle_protocol::{ApiFault, PROTOCOL, PROTOCOL_HEADER};

use super::http::rules;
use crate::support::House;

/// What the server logs, for the test to read.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// How many rows each table has.
async fn counts(house: &House) -> BTreeMap<String, i64> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables \
         WHERE table_schema IN ('clinic', 'sync') AND table_type = 'BASE TABLE'",
    )
    .fetch_all(&house.root)
    .await
    .unwrap();
    let mut counts = BTreeMap::new();
    for name in names {
        let sql = AssertSqlSafe(format!("SELECT count(*) FROM {name}"));
        counts.insert(name, sqlx::query_scalar(sql).fetch_one(&house.root).await.unwrap());
    }
    counts
}

/// Bodies that fit no route; of those that the route takes, each field with another type.
fn bodies(example: &Value) -> Vec<(String, Vec<u8>)> {
    let mut bodies: Vec<(String, Vec<u8>)> = [
        "",
        "[\"CANARY\"]",
        "{",
        "{\"CANARY\"",
        "7",
        "null",
        "\"CANARY\"",
        "{\"CANARY\": \"\\ud800\"}",
        "{} CANARY",
    ]
    .map(|text| (text.to_owned(), text.as_bytes().to_vec()))
    .into();
    bodies.push(("bytes that are no text".into(), b"\xff\xfe\0CANARY".to_vec()));
    bodies.push(("a megabyte of [".into(), vec![b'['; 1 << 20]));
    let fields = [
        "act",
        "app_version",
        "attempt",
        "awaiting",
        "code",
        "code_challenge",
        "commands",
        "cursors",
        "document_id",
        "done",
        "epoch",
        "feeds",
        "last_n",
        "outbox_len",
        "refused",
        "password",
        "profile",
        "protocol",
        "redirect_uri",
        "refresh_token",
        "schema",
        "signing_key",
        "state",
        "step",
        "table",
        "unsent",
        "username",
        "workstation",
        "workstation_secret",
    ];
    let keys = fields.iter().map(|key| (*key).to_owned());
    let wrong = |value: Value| -> Value {
        keys.clone().map(|key| (key, value.clone())).collect::<serde_json::Map<_, _>>().into()
    };
    for value in [json!({"CANARY": []}), json!(-1.5e300), json!([["CANARY"]])] {
        let mut body = wrong(value.clone());
        if let (Some(body), Some(example)) = (body.as_object_mut(), example.as_object()) {
            body.extend(example.keys().map(|key| (key.clone(), value.clone())));
        }
        bodies.push((format!("every field is {value}"), body.to_string().into_bytes()));
    }
    bodies
}

/// Status, correlation id and body of the answer. A server that refuses a long body does not read it to its end, and whoever
/// is still sending may find the connection cut before the answer: then it is asked again.
async fn answer(request: reqwest::RequestBuilder) -> (StatusCode, String, String) {
    let mut cut = 0;
    loop {
        let once = async {
            let response = request.try_clone().unwrap().send().await?;
            let correlation = response.headers()["x-correlation-id"].to_str().unwrap().to_owned();
            reqwest::Result::Ok((response.status(), correlation, response.text().await?))
        };
        match once.await {
            Ok(answer) => return answer,
            Err(error) => {
                cut += 1;
                assert!(cut < 20, "{error}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_should_send_is_refused_and_changes_and_tells_nothing() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(move || writer.clone())
        .init();
    let dir = tempfile::tempdir().unwrap();
    let mut house = House::new().await;
    house.stop().await;
    house.blobs = Some(dir.path().to_owned());
    house.start().await;
    house.person("anna", Role::Admin).await;
    let desk = house.desk("office", "anna").await;
    // Each on a connection of its own: one that was refused before its end may be cut.
    let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
    let before = counts(&house).await;
    let mut sent = 0;
    for (method, path, example, _) in rules() {
        let url = format!("http://{}{}", house.address(), path.replace("{*name}", "CANARY/0000"));
        let request = |method: &Method, url: &str, version: &str| {
            let request = http.request(method.clone(), url).header(PROTOCOL_HEADER, version);
            request.bearer_auth(&desk.signed_in.access_token).header("content-type", "application/json")
        };
        let good = PROTOCOL.to_string();
        let mut asked = Vec::new();
        if method == Method::POST {
            for (what, body) in bodies(&example) {
                asked.push((what.clone(), request(&method, &url, &good).body(body.clone())));
                asked.push((
                    format!("{what}, packed"),
                    request(&method, &url, &good).header("content-encoding", "zstd").body(body),
                ));
            }
        }
        if path.starts_with("/v1/blob") {
            for query in [
                "",
                "?until=CANARY&sig=CANARY",
                "?until=1&sig=Q0FOQVJZ",
                "?until=99999999999&bytes=-1&sig=CANARY",
            ] {
                let url = format!("{url}{query}");
                asked.push((query.to_owned(), request(&method, &url, &good).body("CANARY")));
            }
            let url = url.replace("CANARY/0000", "..%2F..%2FCANARY");
            asked.push((url.clone(), request(&method, &url, &good).body("CANARY")));
        } else if path.starts_with("/v1") {
            asked.push(("no version".into(), request(&method, &url, "CANARY").body("{}")));
        }
        asked.push(("another method".into(), request(&Method::PATCH, &url, &good).body("CANARY")));
        for (what, request) in asked {
            let (status, correlation, text) = answer(request).await;
            let what = format!("{method} {path}, {what:.60}: {status} {text}");
            assert!(status.is_client_error() && status != StatusCode::UNAUTHORIZED, "{what}");
            let fault: ApiFault =
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(fault.correlation_id, correlation, "{what}");
            assert!(!text.contains("CANARY"), "{what}");
            sent += 1;
        }
    }
    assert!(sent > 200, "{sent}");
    assert_eq!(counts(&house).await, before);
    assert!(
        desk.post("/v1/admin", &json!({"act": "make_code"})).await.status().is_success(),
        "and it still serves"
    );
    let said = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(said.contains("body at 1:"), "it is logged where a body stopped making sense");
    let told = said.lines().find(|line| line.contains("CANARY") || line.contains("Q0FOQVJZ"));
    assert_eq!(told, None);
}
