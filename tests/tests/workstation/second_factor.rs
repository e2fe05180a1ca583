//! The codes of an authenticator app at a real workstation: asked for by the server, not in the way of an outage.

use totp_rs::Totp;
use wattle_protocol::ErrorCode;
use wattle_protocol::second_factor::Step;
use wattle_tests::desktop::Keyring;
use wattle_workstation::{Error, Workstation};

use crate::clinic::{
    Clinic, MARIA, TestClock, credentials, found, register, sign_in, until_delivered, until_offline,
    until_ready,
};
use crate::inside::inside;

/// The code of a step that was not taken yet: the server takes the one before and the one after the present.
fn code(phone: &Totp, steps_ahead: u64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    phone.generate(now + 30 * steps_ahead).to_string()
}

async fn switched_on(desk: &Workstation) -> Totp {
    let shown = desk.second_factor(Step::Begin).await.unwrap();
    let phone = Totp::from_url(shown.address.unwrap()).unwrap();
    assert!(desk.second_factor(Step::Confirm { code: code(&phone, 0) }).await.unwrap().on);
    phone
}

/// The shift is over, at the server and here.
fn hours_pass(clinic: &Clinic, clock: &TestClock) {
    let back = "with g as (update clinic.second_factor_given set given_at = given_at - interval '13 hours' returning 1) \
                select count(*) from g";
    assert_eq!(clinic.house.count(back).unwrap(), 1);
    clock.hours_later(13);
}

#[tokio::test]
async fn a_code_is_asked_for_when_the_shift_is_over_and_not_in_an_outage() {
    let name = "second_factor::a_code_is_asked_for_when_the_shift_is_over_and_not_in_an_outage";
    if !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (mut clinic, clock) = (Clinic::open_with_key().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    let phone = switched_on(&desk).await;
    register(&desk, "Nguyen").await.unwrap();
    until_delivered(&desk).await;
    desk.sign_out().await.unwrap();
    sign_in(&desk, &MARIA).await.unwrap();
    // The slot has opened the desk, and the server is asked behind it. Only its word says that there is a code now, and until
    // when none is asked for: signed out before it has come, this computer would go on as if there were none.
    until_delivered(&desk).await;

    desk.sign_out().await.unwrap();
    hours_pass(&clinic, &clock);
    let asked = |tried: &Result<(), Error>| {
        matches!(tried, Err(Error::Refused { code: ErrorCode::SecondFactor, .. }))
    };
    let without = sign_in(&desk, &MARIA).await;
    assert!(asked(&without), "{without:?}");
    let wrong = desk.sign_in(credentials(&MARIA, MARIA.password, Some("12345".into()))).await;
    assert!(asked(&wrong), "{wrong:?}");
    assert!(desk.sync_state().await.is_err(), "nobody is at the desk");
    desk.sign_in(credentials(&MARIA, MARIA.password, Some(code(&phone, 1)))).await.unwrap();
    assert_eq!(found(&desk, "nguyen").await, 1);

    hours_pass(&clinic, &clock);
    clinic.house.kill_server();
    until_offline(&desk).await;
    desk.sign_out().await.unwrap();
    sign_in(&desk, &MARIA).await.unwrap();
    assert_eq!(found(&desk, "nguyen").await, 1, "the waiting room is full");
}

#[tokio::test]
async fn another_computer_that_was_signed_in_asks_for_a_code_at_the_next_sign_in() {
    let name = "second_factor::another_computer_that_was_signed_in_asks_for_a_code_at_the_next_sign_in";
    if !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (clinic, clock) = (Clinic::open_with_key().await, TestClock::default());
    let (desk, other) =
        (clinic.computer("reception-1", &clock).await, clinic.computer("reception-2", &clock).await);
    for desk in [&desk, &other] {
        sign_in(desk, &MARIA).await.unwrap();
        until_ready(desk).await;
    }
    let phone = switched_on(&desk).await;
    // It has not heard: the slot opens, and the server says so behind it. What is made meanwhile is kept.
    other.sign_out().await.unwrap();
    sign_in(&other, &MARIA).await.unwrap();
    register(&other, "Quirke").await.unwrap();
    crate::clinic::until_sync(&other, |s| {
        s.connection == wattle_protocol::ipc::session::Connection::SignInAgain
    })
    .await;
    other.sign_out().await.unwrap();
    assert!(matches!(
        sign_in(&other, &MARIA).await,
        Err(Error::Refused { code: ErrorCode::SecondFactor, .. })
    ));
    other.sign_in(credentials(&MARIA, MARIA.password, Some(code(&phone, 1)))).await.unwrap();
    until_delivered(&other).await;
    clinic.until_count("select count(*) from clinic.patient where family_name = 'Quirke'", 1).await;
}
