//! The scripted day, as `cargo xtask demo --headless` plays it, on a smaller clinic.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use wattle_tests::house::Size;

#[tokio::test(flavor = "multi_thread")]
async fn a_clinic_leaves_filemaker_in_the_morning_and_works_on_wattle_by_noon() {
    let size = Size { patients: 1_200, practitioners: 6, appointments: 12_000 };
    let pictures = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("scripted-day");
    let figures = wattle_tests::day::play(&pictures, size, 7).await.expect("the day holds");
    assert_eq!(figures["lost"], 0);
    assert_eq!(figures["conflicts_resolved"], 1);
    assert_eq!(figures["offline_commands_delivered"], 6);
}
