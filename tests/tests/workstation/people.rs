//! A second person of the same profile: a slot is made from the open file, never without its key.

use wattle_protocol::ipc::session::Connection;
use wattle_tests::desktop::Keyring;
use wattle_workstation::Error;

use crate::clinic::{
    Clinic, MARIA, TOM, TestClock, found, register, sign_in, sign_in_with, unlock, until_delivered,
    until_offline, until_ready, until_sync,
};
use crate::inside::inside;

#[tokio::test]
async fn a_colleague_gets_a_slot_while_the_screen_is_locked_and_not_otherwise() {
    let name = "people::a_colleague_gets_a_slot_while_the_screen_is_locked_and_not_otherwise";
    if !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (mut clinic, clock) = (Clinic::open().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    register(&desk, "Nguyen").await.unwrap();
    until_delivered(&desk).await;
    desk.sign_out().await.unwrap();
    assert!(
        matches!(sign_in(&desk, &TOM).await, Err(Error::FileSealed)),
        "nobody here can open the file for him"
    );

    sign_in(&desk, &MARIA).await.unwrap();
    desk.lock().await.unwrap();
    sign_in(&desk, &TOM).await.unwrap();
    until_ready(&desk).await;
    assert_eq!(found(&desk, "nguyen").await, 1, "the same file, no second first sync");
    register(&desk, "Papadopoulos").await.unwrap();
    until_delivered(&desk).await;

    clinic.house.kill_server();
    until_offline(&desk).await;
    for person in [MARIA, TOM] {
        desk.sign_out().await.unwrap();
        sign_in(&desk, &person).await.unwrap();
        assert_eq!(found(&desk, "papadopoulos").await, 1, "{} has a slot now", person.username);
    }
}

#[tokio::test]
async fn a_password_changed_at_the_server_seals_the_slot_anew() {
    if !inside("people::a_password_changed_at_the_server_seals_the_slot_anew", Keyring::Unlocked).await {
        return;
    }
    let (mut clinic, clock) = (Clinic::open().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    register(&desk, "Nguyen").await.unwrap();
    until_delivered(&desk).await;
    // An admin gives Maria the password that Tom has.
    let changed = clinic.house.count(
        "with u as (update clinic.user_account m set password_phc = t.password_phc from clinic.user_account t \
         where m.username = 'maria' and t.username = 'tom' returning 1) select count(*) from u",
    );
    assert_eq!(changed.unwrap(), 1);
    desk.sign_out().await.unwrap();

    let new = sign_in_with(&desk, &MARIA, TOM.password).await;
    assert!(matches!(new, Err(Error::FileSealed)), "{new:?}: nothing here opens by it yet");
    // The old one still opens the file here, within the lease, and the server says no behind it.
    sign_in(&desk, &MARIA).await.unwrap();
    assert_eq!(found(&desk, "nguyen").await, 1);
    until_sync(&desk, |s| s.connection == Connection::SignInAgain).await;
    desk.lock().await.unwrap();
    unlock(&desk, TOM.password).await.unwrap();
    until_delivered(&desk).await;

    clinic.house.kill_server();
    until_offline(&desk).await;
    desk.sign_out().await.unwrap();
    let old = sign_in(&desk, &MARIA).await;
    assert!(matches!(old, Err(Error::WrongCredentials)), "{old:?}");
    sign_in_with(&desk, &MARIA, TOM.password).await.unwrap();
    assert_eq!(found(&desk, "nguyen").await, 1);
}

#[tokio::test]
async fn a_new_colleague_gets_the_file_s_key_from_a_server_that_keeps_it() {
    let name = "people::a_new_colleague_gets_the_file_s_key_from_a_server_that_keeps_it";
    if !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (mut clinic, clock) = (Clinic::open_with_key().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    register(&desk, "Nguyen").await.unwrap();
    until_delivered(&desk).await;
    clinic.until_count("select count(*) from clinic.data_key", 1).await;
    desk.sign_out().await.unwrap();

    sign_in(&desk, &TOM).await.unwrap();
    until_ready(&desk).await;
    assert_eq!(found(&desk, "nguyen").await, 1, "the same file, and nobody else at the desk");
    register(&desk, "Papadopoulos").await.unwrap();
    until_delivered(&desk).await;
    // Maria's password is changed at the server: her slot opens by the old one only, and she gets another.
    desk.sign_out().await.unwrap();
    let changed = clinic.house.count(
        "with u as (update clinic.user_account m set password_phc = t.password_phc from clinic.user_account t \
         where m.username = 'maria' and t.username = 'tom' returning 1) select count(*) from u",
    );
    assert_eq!(changed.unwrap(), 1);
    sign_in_with(&desk, &MARIA, TOM.password).await.unwrap();
    register(&desk, "Quirke").await.unwrap();
    until_delivered(&desk).await;

    clinic.house.kill_server();
    until_offline(&desk).await;
    for (person, password) in [(TOM, TOM.password), (MARIA, TOM.password)] {
        desk.sign_out().await.unwrap();
        sign_in_with(&desk, &person, password).await.unwrap();
        assert_eq!(found(&desk, "quirke").await, 1, "{} has a slot now", person.username);
    }
}
