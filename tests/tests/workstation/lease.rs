//! The offline lease: past it the server must be reached, and a clock that is set back does not help.

use wattle_protocol::ipc::session::AppState;
use wattle_tests::desktop::Keyring;
use wattle_workstation::Error;

use crate::clinic::{
    Clinic, MARIA, TestClock, found, register, sign_in, unlock, until_delivered, until_offline, until_ready,
};
use crate::inside::inside;

#[tokio::test]
async fn past_the_lease_the_screen_locks_and_unsent_work_waits_for_the_server() {
    let name = "lease::past_the_lease_the_screen_locks_and_unsent_work_waits_for_the_server";
    if !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (mut clinic, clock) = (Clinic::open().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    until_delivered(&desk).await;
    clinic.house.kill_server();
    until_offline(&desk).await;
    register(&desk, "Nguyen").await.unwrap();

    clock.hours_later(73);
    let asked = register(&desk, "Late").await;
    assert!(matches!(asked, Err(Error::Locked)), "{asked:?}");
    assert!(matches!(desk.app_state().await.unwrap(), AppState::Locked { .. }));
    assert!(matches!(unlock(&desk, MARIA.password).await, Err(Error::LeaseOver)));
    assert!(matches!(unlock(&desk, "not it").await, Err(Error::WrongCredentials)));
    desk.sign_out().await.unwrap();
    assert!(matches!(sign_in(&desk, &MARIA).await, Err(Error::LeaseOver)));

    clinic.house.start_server().await.unwrap();
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    until_delivered(&desk).await;
    assert_eq!(found(&desk, "nguyen").await, 1);
    let at_server = clinic.house.count("select count(*) from clinic.patient where family_name = 'Nguyen'");
    assert_eq!(at_server.unwrap(), 1);
}
