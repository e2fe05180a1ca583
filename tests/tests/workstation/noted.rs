//! What leaves no row behind is noted all the same: searches that opened nobody, and wrong passwords that no server heard of.

use wattle_domain::commands::{Access, NoteAccess};
use wattle_tests::desktop::Keyring;
use wattle_workstation::Error;

use crate::clinic::{
    Clinic, MARIA, TestClock, found, register, sign_in, sign_in_with, unlock, until_delivered, until_offline,
    until_ready,
};
use crate::inside::inside;

const SEARCHES: &str = "select count(*) from clinic.audit_event where action = 'search_patients'";

#[tokio::test]
async fn a_search_that_opened_nobody_reaches_the_log_and_what_was_typed_does_not() {
    let name = "noted::a_search_that_opened_nobody_reaches_the_log_and_what_was_typed_does_not";
    if !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (mut clinic, clock) = (Clinic::open_with_key().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    let nguyen = register(&desk, "Nguyen").await.unwrap();
    until_delivered(&desk).await;

    // Letter by letter, as people type: one search.
    for typed in ["n", "ng", "nguy", "nguyen"] {
        found(&desk, typed).await;
    }
    desk.note_access(NoteAccess { patient_id: nguyen, access: Access::Opened }).await.unwrap();
    desk.lock().await.unwrap();
    unlock(&desk, MARIA.password).await.unwrap();
    until_delivered(&desk).await;
    assert_eq!(clinic.house.count(SEARCHES).unwrap(), 0, "the record that was opened is in the log");

    clinic.house.kill_server();
    until_offline(&desk).await;
    assert_eq!(found(&desk, "nguyen").await, 1);
    // Long after, somebody else is looked for: the one before has led to nothing.
    clock.hours_later(1);
    assert_eq!(found(&desk, "quokka-canary").await, 0);
    desk.lock().await.unwrap();
    unlock(&desk, MARIA.password).await.unwrap();
    clinic.house.start_server().await.unwrap();
    until_delivered(&desk).await;
    clinic.until_count(SEARCHES, 2).await;
    let said = clinic
        .house
        .text(
            "select string_agg(changes::text, ' ' order by issued_at) from clinic.audit_event \
             where action = 'search_patients' and patient_id is null",
        )
        .unwrap();
    assert_eq!(said, r#"[{"hits": 1}] [{"hits": 0}]"#);
    let typed =
        "select count(*) from clinic.command_log where name = 'note_search' and payload like '%quokka%'";
    assert_eq!(clinic.house.count(typed).unwrap(), 0);
}

#[tokio::test]
async fn a_wrong_password_without_the_server_is_told_when_it_is_there_again() {
    let name = "noted::a_wrong_password_without_the_server_is_told_when_it_is_there_again";
    if !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (mut clinic, clock) = (Clinic::open_with_key().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    until_delivered(&desk).await;
    clinic.house.kill_server();
    until_offline(&desk).await;
    desk.lock().await.unwrap();
    assert!(matches!(unlock(&desk, "not her password").await, Err(Error::WrongCredentials)));
    desk.sign_out().await.unwrap();
    let tried = sign_in_with(&desk, &MARIA, "nor is this").await;
    assert!(matches!(tried, Err(Error::WrongCredentials)), "{tried:?}");
    let file = clinic.data_dir("reception-1").join("refused.json");
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(!kept.contains("nor is this") && !kept.contains("maria"), "whose and when: {kept}");
    sign_in(&desk, &MARIA).await.unwrap();
    clinic.house.start_server().await.unwrap();
    let noted = "select count(*) from clinic.access_event where action = 'sign_in_refused' and user_id is null \
                 and detail ->> 'why' = 'without_server' \
                 and subject_id = (select id from clinic.user_account where username = 'maria')";
    clinic.until_count(noted, 2).await;
    until_delivered(&desk).await;
    // Heard by the server itself: noted by it, and not told again.
    desk.sign_out().await.unwrap();
    assert!(matches!(sign_in_with(&desk, &MARIA, "a third one").await, Err(Error::WrongCredentials)));
    sign_in(&desk, &MARIA).await.unwrap();
    until_delivered(&desk).await;
    assert_eq!(clinic.house.count(noted).unwrap(), 2);
    let told = async || (std::fs::read_to_string(&file).unwrap() == "[]").then_some(());
    wattle_tests::processes::wait_for("all is told", std::time::Duration::from_secs(60), told).await.unwrap();
}
