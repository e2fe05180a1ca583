//! A computer that the clinic does not trust any more.

use wattle_protocol::ipc::session::AppState;
use wattle_tests::desktop::Keyring;
use wattle_workstation::Error;

use crate::clinic::{
    Clinic, MARIA, TestClock, register, sign_in, sign_in_with, start, until_delivered, until_offline,
    until_ready, until_state,
};
use crate::inside::inside;

#[tokio::test]
async fn what_was_unsent_is_handed_over_and_then_nothing_is_left() {
    if !inside("wipe::what_was_unsent_is_handed_over_and_then_nothing_is_left", Keyring::Unlocked).await {
        return;
    }
    let (mut clinic, clock) = (Clinic::open_with_key().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    register(&desk, "Nguyen").await.unwrap();
    until_delivered(&desk).await;
    clinic.until_count("select count(*) from clinic.data_key", 1).await;
    clinic.house.kill_server();
    until_offline(&desk).await;
    register(&desk, "Okafor").await.unwrap();
    clinic.house.tell_to_wipe("reception-1").unwrap();
    let clinic_folder = clinic.data_dir("reception-1").join(clinic.house.clinic());
    assert!(clinic_folder.is_dir());

    clinic.house.start_server().await.unwrap();
    until_state(&desk, |state| matches!(state, AppState::NeedsSetUp { .. })).await;
    clinic.until_count("select count(*) from clinic.workstation where state = 'wiped'", 1).await;
    let kept = clinic.house.quarantined().unwrap();
    assert!(kept.contains("\"wiped\"") && kept.contains("Okafor"), "{kept}");
    assert_eq!(clinic.house.count("select count(*) from clinic.quarantine").unwrap(), 1);
    assert_eq!(clinic.house.count("select count(*) from clinic.patient").unwrap(), 1, "not decided");
    assert_eq!(clinic.house.count("select count(*) from clinic.data_key").unwrap(), 0);
    assert!(!clinic_folder.exists());
    assert!(matches!(sign_in(&desk, &MARIA).await, Err(Error::NotSetUp)));
    drop(desk);

    // Started again it is a computer like any other, with a secret of its own once it is set up.
    let again = start(&clinic.data_dir("reception-1"), &clock);
    assert!(matches!(again.app_state().await, Ok(AppState::NeedsSetUp { .. })));
    drop(again);
    let desk = clinic.computer("reception-1", &clock).await;
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
}

/// A stolen computer is switched on the next day: the access token of yesterday lived in its memory alone.
#[tokio::test]
async fn a_computer_that_was_off_hears_of_it_as_soon_as_somebody_opens_its_file() {
    let name = "wipe::a_computer_that_was_off_hears_of_it_as_soon_as_somebody_opens_its_file";
    if !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (clinic, clock) = (Clinic::open_with_key().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    register(&desk, "Nguyen").await.unwrap();
    until_delivered(&desk).await;
    desk.close().await;
    drop(desk);
    clinic.house.tell_to_wipe("reception-1").unwrap();

    let desk = start(&clinic.data_dir("reception-1"), &clock);
    sign_in(&desk, &MARIA).await.unwrap();
    until_state(&desk, |state| matches!(state, AppState::NeedsSetUp { .. })).await;
    clinic.until_count("select count(*) from clinic.workstation where state = 'wiped'", 1).await;
    assert!(!clinic.data_dir("reception-1").join(clinic.house.clinic()).exists());
}

/// Its person was sent away, their account closed and the computer told to wipe: whoever tries a password at it makes it do so.
#[tokio::test]
async fn a_computer_of_a_closed_account_hears_of_it_at_the_next_sign_in() {
    let name = "wipe::a_computer_of_a_closed_account_hears_of_it_at_the_next_sign_in";
    if !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (clinic, clock) = (Clinic::open_with_key().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    desk.sign_out().await.unwrap();
    let opened = clinic.data_dir("reception-1").join("opened");
    std::fs::create_dir_all(&opened).unwrap();
    std::fs::write(opened.join("referral.pdf"), "in the clear, for a program outside").unwrap();
    let closed = "update clinic.user_account set active = false where username = 'maria'; \
                  update clinic.token set revoked_at = now()";
    clinic.house.script(closed).unwrap();
    clinic.house.tell_to_wipe("reception-1").unwrap();

    let tried = sign_in_with(&desk, &MARIA, "not her password").await;
    assert!(matches!(tried, Err(Error::Wiped)), "{tried:?}");
    assert!(matches!(desk.app_state().await, Ok(AppState::NeedsSetUp { .. })));
    assert!(!clinic.data_dir("reception-1").join(clinic.house.clinic()).exists());
    assert!(!opened.exists(), "nor what was opened outside");
    assert!(matches!(sign_in(&desk, &MARIA).await, Err(Error::NotSetUp)));
}
