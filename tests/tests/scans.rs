//! The scanner's folder in a real window.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[tokio::test(flavor = "multi_thread")]
async fn scans_come_out_of_a_folder_once_survive_a_kill_and_are_filed() {
    let pictures = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("scans");
    wattle_tests::day::scans::play(&pictures).await.expect("scans hold");
}
