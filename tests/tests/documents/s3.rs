use std::process::{Command, Stdio};

use wattle_document::PART_BYTES;
use wattle_domain::fields::DocumentKind;
use wattle_protocol::document::{DocumentAnswer, Step};
use wattle_tests::paper;
use wattle_tests::processes::{free_port, wait_for};

use super::clinic::{Desk, PATIENCE, clinic, files};

struct Killed(std::process::Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_go_straight_to_s3_by_its_own_urls_and_come_from_there() {
    let Some(program) = std::env::var_os("WATTLE_S3S_FS_BIN") else {
        eprintln!("SKIPPED s3: s3s-fs is not there (cargo install s3s-fs --locked --features binary)");
        return;
    };
    let buckets = tempfile::tempdir().unwrap();
    std::fs::create_dir(buckets.path().join("wattle")).unwrap();
    let port = free_port().unwrap();
    let s3 = Command::new(program)
        .args(["--host", "127.0.0.1", "--port", &port.to_string(), "--access-key", "A", "--secret-key", "S"])
        .arg(buckets.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let s3 = Killed(s3);
    wait_for("S3 listens", PATIENCE, async || std::net::TcpStream::connect(("127.0.0.1", port)).ok())
        .await
        .unwrap();
    let endpoint = format!("http://127.0.0.1:{port}");
    let environment = [
        ("AWS_ENDPOINT", endpoint.as_str()),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "A"),
        ("AWS_SECRET_ACCESS_KEY", "S"),
    ];
    let dir = tempfile::tempdir().unwrap();
    let house =
        clinic(dir.path(), &["--blobs", "s3://wattle/some/prefix", "--blob-url-s", "3"], &environment).await;
    let desk = Desk::ready(&house, "reception-1", "maria").await;
    let patient = desk.register("Nguyen").await;
    let bytes = paper::pdf(&["Zzyxcanary"], usize::try_from(PART_BYTES).unwrap());
    let filed = desk.file(patient, DocumentKind::Referral, &bytes).await;
    let (_, parts) = desk.up(&filed).await;
    assert!(parts[0].url.starts_with(&endpoint), "the store's own URL");
    assert_eq!(desk.bring(&filed, &bytes).await, Some(DocumentAnswer::Stored));
    assert!(desk.fetch(&filed).await == bytes);
    for file in files(buckets.path()) {
        let rests = std::fs::read(&file).unwrap();
        assert!(!rests.windows(10).any(|w| w == b"Zzyxcanary"), "{}", file.display());
    }

    // Signed for one object and one method, and for a while.
    let http = reqwest::Client::new();
    let another = desk.file(patient, DocumentKind::Referral, b"another\n").await;
    let (_, up) = desk.up(&another).await;
    let url = up[0].url.clone();
    let elsewhere = url.replacen("/0000?", "/0001?", 1);
    assert_ne!(url, elsewhere);
    let put = async |url: &str| http.put(url).body("evil").send().await.unwrap().status();
    assert!(put(&elsewhere).await.is_client_error(), "another object");
    assert!(http.get(&url).send().await.unwrap().status().is_client_error(), "another method");
    let altered = url.replacen("X-Amz-Expires=3", "X-Amz-Expires=9999", 1);
    assert_ne!(url, altered);
    assert!(put(&altered).await.is_client_error(), "a later end");
    wait_for("its time is over", PATIENCE, async || put(&url).await.is_client_error().then_some(()))
        .await
        .unwrap();

    // A store that does not answer: the server says so, and nothing is lost.
    drop(s3);
    let ask = wattle_protocol::document::DocumentAsk {
        document_id: another.document_id,
        table: another.kind.table(),
        step: Step::Up,
    };
    let transport = wattle_sync_engine::Transport::new(&house.server_url()).unwrap();
    let token = wattle_sync_engine::Tokens::access(&*desk.keeper).unwrap();
    let refused = transport.document(&token, &ask).await.unwrap_err();
    let wattle_sync_engine::Error::Refused { code, .. } = refused else { panic!("{refused:?}") };
    assert_eq!(code, wattle_protocol::ErrorCode::Unavailable);
}
