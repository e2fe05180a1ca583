//! What becomes of somebody's desk when their account is closed, and of their slot when they choose another password.

use wattle_domain::RejectionCode;
use wattle_protocol::ipc::FaultCode;
use wattle_protocol::ipc::attention::AttentionItem;
use wattle_protocol::ipc::session::AppState;
use wattle_protocol::session::NewPassword;
use wattle_tests::desktop::Keyring;
use wattle_workstation::Error;

use crate::clinic::{
    Clinic, MARIA, TOM, TestClock, register, sign_in, sign_in_with, until_delivered, until_offline,
    until_ready, until_state,
};
use crate::inside::inside;

fn slots(clinic: &Clinic, name: &str) -> usize {
    let folder = clinic.data_dir(name).join(clinic.house.clinic());
    let profiles = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path().join("slots"));
    let files = profiles.filter_map(|slots| std::fs::read_dir(slots).ok()).flatten().flatten();
    files.filter(|entry| entry.path().extension().is_some_and(|x| x == "json")).count()
}

#[tokio::test]
async fn a_closed_account_leaves_the_desk_with_a_word_and_a_colleague_hears_of_what_it_had_not_sent() {
    let name =
        "account::a_closed_account_leaves_the_desk_with_a_word_and_a_colleague_hears_of_what_it_had_not_sent";
    if !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (mut clinic, clock) = (Clinic::open_with_key().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    sign_in(&desk, &TOM).await.unwrap();
    until_ready(&desk).await;
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    assert_eq!(slots(&clinic, "reception-1"), 2);
    clinic.house.kill_server();
    until_offline(&desk).await;
    register(&desk, "Okafor").await.unwrap();

    let closed = "update clinic.user_account set active = false where username = 'maria'; \
                  update clinic.token set revoked_at = now() \
                  where user_id = (select id from clinic.user_account where username = 'maria')";
    clinic.house.script(closed).unwrap();
    clinic.house.start_server().await.unwrap();
    let told = |state: &AppState| {
        matches!(state, AppState::SignedOut { notice: Some(FaultCode::AccountClosed), .. })
    };
    let AppState::SignedOut { known_users, .. } = until_state(&desk, told).await else { unreachable!() };
    assert_eq!(known_users, ["tom"], "nobody is offered a name that is closed");
    assert_eq!(slots(&clinic, "reception-1"), 1, "and their password opens nothing here any more");
    assert!(matches!(sign_in(&desk, &MARIA).await, Err(Error::WrongCredentials)));

    sign_in(&desk, &TOM).await.unwrap();
    // What a closed account had not sent is no longer done in its name: a colleague sees it whole, and may do it in theirs.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let item = loop {
        if let [AttentionItem::Rejected(item)] = desk.attention().await.unwrap().as_slice() {
            break item.clone();
        }
        assert!(std::time::Instant::now() < deadline, "somebody must hear of it");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert_eq!(item.rejection.map(|r| r.code), Some(RejectionCode::NotAllowed));
    assert_eq!((item.by.as_deref(), item.mine), (Some("Maria Costa"), false));
    assert_eq!(clinic.house.count("select count(*) from clinic.patient").unwrap(), 0);
    clinic.house.kill_server();
    until_offline(&desk).await;
    desk.sign_out().await.unwrap();
    assert!(matches!(sign_in(&desk, &MARIA).await, Err(Error::FirstSignInNeedsServer)), "nor in an outage");
}

#[tokio::test]
async fn a_new_password_opens_the_file_in_the_next_outage_and_the_old_one_does_not() {
    let name = "account::a_new_password_opens_the_file_in_the_next_outage_and_the_old_one_does_not";
    if !inside(name, Keyring::Unlocked).await {
        return;
    }
    let own = "magpies-in-the-carpark";
    let new = |old: &str, new: &str| NewPassword { old: old.into(), new: new.into() };
    let (mut clinic, clock) = (Clinic::open_with_key().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    let given = |state: &AppState| match state {
        AppState::Ready { session } => session.password_given,
        other => panic!("{other:?}"),
    };
    assert!(given(&desk.app_state().await.unwrap()), "whoever made the account knows it");
    assert!(matches!(desk.change_password(new("not it at all", own)).await, Err(Error::WrongCredentials)));
    assert!(matches!(desk.change_password(new(MARIA.password, "short")).await, Err(Error::WeakPassword)));
    desk.change_password(new(MARIA.password, own)).await.unwrap();
    assert!(!given(&desk.app_state().await.unwrap()));
    register(&desk, "Nguyen").await.unwrap();
    until_delivered(&desk).await;

    clinic.house.kill_server();
    until_offline(&desk).await;
    assert!(
        matches!(desk.change_password(new(own, MARIA.password)).await, Err(Error::Offline)),
        "not half of it"
    );
    desk.sign_out().await.unwrap();
    assert!(matches!(sign_in(&desk, &MARIA).await, Err(Error::WrongCredentials)));
    sign_in_with(&desk, &MARIA, own).await.unwrap();
    register(&desk, "Okafor").await.unwrap();
    clinic.house.start_server().await.unwrap();
    until_delivered(&desk).await;
}
