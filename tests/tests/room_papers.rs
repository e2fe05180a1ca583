//! Results with their documents, drafts of letters, the address book and templates in the window of a clinician.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[tokio::test(flavor = "multi_thread")]
async fn papers_of_the_room_are_seen_acted_on_kept_and_hidden_where_a_record_is_restricted() {
    let pictures = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("room-papers");
    wattle_tests::day::room_papers::play(&pictures).await.expect("papers of the room hold");
}
