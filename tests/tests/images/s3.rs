use std::process::{Command, Stdio};
use std::time::Duration;

use wattle_tests::processes::{free_port, wait_for};

use super::corner::{Corner, PATIENCE, clinic_with, contents, person};

/// The S3 server: told by `WATTLE_S3S_FS_BIN`, or on the path.
fn program() -> Option<std::path::PathBuf> {
    if let Some(told) = std::env::var_os("WATTLE_S3S_FS_BIN") {
        return Some(told.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join("s3s-fs")).find(|program| program.exists())
}

struct Killed(std::process::Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_come_straight_from_s3_by_its_own_urls() {
    let Some(program) = program() else {
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
    let _s3 = Killed(s3);
    wait_for("S3 listens", PATIENCE, async || std::net::TcpStream::connect(("127.0.0.1", port)).ok())
        .await
        .unwrap();
    let endpoint = format!("http://127.0.0.1:{port}");
    let dir = tempfile::tempdir().unwrap();
    let environment = [
        ("AWS_ENDPOINT", endpoint.as_str()),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "A"),
        ("AWS_SECRET_ACCESS_KEY", "S"),
    ];
    let arguments = ["--blobs", "s3://wattle/some/prefix", "--blob-url-s", "3"];
    let house = clinic_with(dir.path(), &arguments, &environment).await;
    let corner = Corner::new(&house, "reception-1", &person("maria")).await;
    let feeds = corner.target.identity.feeds();
    let offer = corner.offer(&house, &feeds).await.unwrap().unwrap();
    let url = offer.chunks[0].url.clone();
    assert!(url.starts_with(&endpoint), "the store's own URL");
    corner.arrive(&house.server_url()).await.unwrap().put_in_place().unwrap();
    assert!(!contents(&corner.target.file, &corner.target.key)["patient"].is_empty());

    let http = reqwest::Client::new();
    wait_for("its time is over", Duration::from_secs(30), async || {
        let status = http.get(&url).send().await.ok()?.status().as_u16();
        // Stores disagree about the status.
        matches!(status, 400 | 403).then_some(())
    })
    .await
    .unwrap();
}
