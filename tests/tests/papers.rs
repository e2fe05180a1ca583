//! Documents in a real window, killed on the way, read without the server.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_filed_survive_a_kill_and_are_read_without_the_server() {
    let pictures = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("documents");
    wattle_tests::day::documents::play(&pictures).await.expect("documents hold");
}
