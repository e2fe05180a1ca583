//! A computer that an admin has taken out of the clinic: it shuts as soon as it hears so, keeps what is unsent, and goes on
//! once it is let in again.

use wattle_protocol::ErrorCode;
use wattle_protocol::ipc::session::AppState;
use wattle_tests::desktop::Keyring;
use wattle_workstation::Error;

use crate::clinic::{
    Clinic, MARIA, TestClock, register, sign_in, unlock, until_delivered, until_offline, until_ready,
    until_state,
};
use crate::inside::inside;

fn is_revoked(tried: &Result<(), Error>) -> bool {
    matches!(tried, Err(Error::Refused { code: ErrorCode::WorkstationRevoked, .. }))
}

#[tokio::test]
async fn a_revoked_computer_shuts_and_keeps_what_is_unsent_until_it_is_let_in_again() {
    let name = "revoked::a_revoked_computer_shuts_and_keeps_what_is_unsent_until_it_is_let_in_again";
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
    register(&desk, "Okafor").await.unwrap();
    // As the admin's page does: the state, and with it keys and tokens.
    let revoked = "update clinic.workstation set state = 'revoked' where name = 'reception-1'; \
                   update clinic.signing_key set revoked_at = now(); update clinic.token set revoked_at = now()";
    clinic.house.script(revoked).unwrap();
    clinic.house.start_server().await.unwrap();
    until_state(&desk, |state| matches!(state, AppState::Locked { .. })).await;
    let tried = unlock(&desk, MARIA.password).await;
    assert!(is_revoked(&tried), "{tried:?}");
    desk.sign_out().await.unwrap();
    let tried = sign_in(&desk, &MARIA).await;
    assert!(is_revoked(&tried), "{tried:?}: nor at the next sign-in");
    clinic.house.kill_server();
    let tried = sign_in(&desk, &MARIA).await;
    assert!(matches!(tried, Err(Error::LeaseOver)), "{tried:?}: nor without the server");

    clinic.house.start_server().await.unwrap();
    clinic.house.script("update clinic.workstation set state = 'ok' where name = 'reception-1'").unwrap();
    sign_in(&desk, &MARIA).await.unwrap();
    until_delivered(&desk).await;
    clinic.until_count("select count(*) from clinic.patient where family_name = 'Okafor'", 1).await;
}
