//! What may be put where a signed URL leads, and when it is looked at.

use std::time::Duration;

use reqwest::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;
use wattle_document::{PART_BYTES, Parts};
use wattle_domain::{DocumentId, TableName};
use wattle_protocol::document::{DocumentAnswer, DocumentAsk, PartUp, Step};
use wattle_server::config::Config;

use crate::support::{Desk, House};

/// A house with a folder of blobs, somebody in it, and a document of two parts that is to be brought.
async fn to_bring(config: Config, folder: &std::path::Path) -> (House, Desk, DocumentAsk) {
    let mut house = House::with(config).await;
    house.stop().await;
    house.blobs = Some(folder.to_owned());
    house.start().await;
    let mut desk = house.desk("reception-1", "maria").await;
    let patient = desk.register("Nguyen").await;
    let id = DocumentId(Uuid::now_v7());
    sqlx::query(
        "INSERT INTO clinic.desk_document (clinic_id, id, patient_id, kind, title, source, mime, size_bytes, sha256, \
         captured_at, workstation_id, status) \
         VALUES ($1, $2, $3, 'form', 'x', 'file', 'text/plain', $4, $5, now(), $6, 'current')",
    )
    .bind(house.clinic.0)
    .bind(id.0)
    .bind(patient.0)
    .bind(i64::try_from(PART_BYTES).unwrap() + 10)
    .bind("0".repeat(64))
    .bind(desk.workstation().0)
    .execute(&house.root)
    .await
    .unwrap();
    (house, desk, DocumentAsk { document_id: id, table: TableName::DeskDocument, step: Step::Up })
}

async fn parts(desk: &Desk, asked: DocumentAsk) -> Vec<PartUp> {
    let response = desk.post("/v1/document", &asked).await;
    assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    match response.json().await.unwrap() {
        DocumentAnswer::Up { parts, .. } => parts,
        other => panic!("{other:?}"),
    }
}

/// Says that so many bytes come, sends ten of them, and reads what the server says to that.
async fn half_put(house: &House, url: &str, length: u64) -> String {
    let mut socket = TcpStream::connect(house.address()).await.unwrap();
    let header = format!(
        "PUT {url} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n0123456789"
    );
    socket.write_all(header.as_bytes()).await.unwrap();
    let mut said = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), socket.read_to_end(&mut said)).await;
    let _ = read.expect("answered while the body is still to come");
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn a_body_is_waited_for_only_behind_a_good_signature_and_not_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config { blob_time: Duration::from_millis(500), ..Config::default() };
    let (house, desk, asked) = to_bring(config, dir.path()).await;
    let url = parts(&desk, asked).await.remove(0).url;
    let forged = url.replacen("sig=", "sig=A", 1);
    let said = half_put(&house, &forged, PART_BYTES).await;
    assert!(said.starts_with("HTTP/1.1 403") && said.contains("not_allowed"), "{said}");
    let said = half_put(&house, &url, PART_BYTES).await;
    assert!(said.starts_with("HTTP/1.1 503") && said.contains("unavailable"), "{said}");
    assert!(parts(&desk, asked).await.iter().all(|part| !part.there));
}

#[tokio::test]
async fn a_part_comes_once_and_just_as_long_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let (house, desk, asked) = to_bring(Config::default(), dir.path()).await;
    let first = parts(&desk, asked).await.remove(0);
    let length = usize::try_from(Parts::sealed_bytes(PART_BYTES + 10, 0).unwrap()).unwrap();
    let put = async |url: &str, byte: u8, length: usize| {
        let url = format!("http://{}{url}", house.address());
        desk.http.put(url).body(vec![byte; length]).send().await.unwrap().status()
    };
    assert_eq!(put(&first.url, 1, length - 1).await, StatusCode::BAD_REQUEST);
    assert_eq!(put(&first.url, 1, length + 1).await, StatusCode::PAYLOAD_TOO_LARGE);
    let other = first.url.replacen(&format!("bytes={length}"), "bytes=10", 1);
    assert_ne!(other, first.url);
    assert_eq!(put(&other, 1, 10).await, StatusCode::FORBIDDEN, "the length is signed");
    assert!(parts(&desk, asked).await.iter().all(|part| !part.there), "nothing of that was kept");

    assert_eq!(put(&first.url, 1, length).await, StatusCode::OK);
    assert_eq!(put(&first.url, 2, length).await, StatusCode::FORBIDDEN, "it is there");
    let now = parts(&desk, asked).await;
    assert_eq!(now.iter().map(|part| part.there).collect::<Vec<_>>(), [true, false]);
    let name = first.url.strip_prefix("/v1/blob/").unwrap().split_once('?').unwrap().0;
    assert!(std::fs::read(dir.path().join(name)).unwrap() == vec![1; length], "as it was first put");
}
