//! The consulting room in two real windows, online and without the server.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[tokio::test(flavor = "multi_thread")]
async fn a_consultation_is_written_down_online_and_offline_and_nothing_is_lost() {
    let pictures = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("consultation");
    wattle_tests::day::consultation::play(&pictures).await.expect("the consultation holds");
}
