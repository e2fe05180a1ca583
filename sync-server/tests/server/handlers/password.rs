//! A password of one's own.

use reqwest::StatusCode;
use wattle_domain::Role;
use wattle_protocol::ErrorCode;
use wattle_protocol::admin::Act;
use wattle_protocol::session::{NewPassword, SignIn, SignedIn};

use crate::support::desk::{fault, send, sign_in_body};
use crate::support::house::PASSWORD;
use crate::support::{Desk, House};

const OWN: &str = "magpies-in-the-carpark";

async fn change(desk: &Desk, old: &str, new: &str) -> Result<(), (StatusCode, ErrorCode)> {
    let response = desk.post("/v1/password", &NewPassword { old: old.into(), new: new.into() }).await;
    if response.status() == 200 { Ok(()) } else { Err(fault(response).await) }
}

async fn sign_in(desk: &Desk, password: &str) -> Result<SignedIn, ErrorCode> {
    let body = SignIn {
        workstation: Some(desk.workstation()),
        password: password.into(),
        ..sign_in_body(None, "maria", &desk.key, &desk.secret)
    };
    let response = send(desk.address, "/v1/sign-in", None, &body).await;
    if response.status() == 200 { Ok(response.json().await.unwrap()) } else { Err(fault(response).await.1) }
}

#[tokio::test]
async fn somebody_chooses_their_own_and_other_workstations_ask_for_it() {
    let house = House::new().await;
    house.person("ada", Role::Admin).await;
    let ada = house.desk("office", "ada").await;
    let maria = house.desk("reception-1", "maria").await;
    let elsewhere = house.desk("reception-2", "maria").await;

    let wrong = (StatusCode::UNAUTHORIZED, ErrorCode::WrongCredentials);
    assert_eq!(change(&maria, "not it, I think", OWN).await, Err(wrong), "an open screen is not enough");
    assert_eq!(change(&maria, PASSWORD, "short").await.unwrap_err().1, ErrorCode::WeakPassword);
    assert!(sign_in(&maria, PASSWORD).await.is_ok(), "nothing was changed");

    assert_eq!(change(&maria, PASSWORD, OWN).await, Ok(()));
    assert_eq!(sign_in(&maria, PASSWORD).await.unwrap_err(), ErrorCode::WrongCredentials);
    assert!(!sign_in(&maria, OWN).await.unwrap().password_given);
    assert_eq!(
        fault(elsewhere.post("/v1/document", &serde_json::json!({})).await).await.1,
        ErrorCode::SignInAgain,
        "the other workstation is asked"
    );

    // Somebody else sets one: they know it, and its owner hears so until they have chosen again.
    let set = Act::SetPassword { user: maria.signed_in.user, password: "given-over-the-counter".into() };
    assert_eq!(ada.post("/v1/admin", &set).await.status(), 200);
    let given = sign_in(&maria, "given-over-the-counter").await.unwrap();
    assert!(given.password_given);
    let logged = house
        .text("SELECT string_agg(action, ' ' ORDER BY id) FROM clinic.access_event WHERE action LIKE '%password%'")
        .await;
    assert_eq!(logged, "change_password set_password");
}

#[tokio::test]
async fn guesses_at_an_open_screen_end_its_sign_in() {
    let house = House::new().await;
    let maria = house.desk("reception-1", "maria").await;
    let mut last = None;
    for _ in 0..20 {
        last = change(&maria, "a guess at it", OWN).await.err();
        if last.is_some_and(|(_, code)| code != ErrorCode::WrongCredentials) {
            break;
        }
    }
    let (_, code) = last.unwrap();
    assert!(matches!(code, ErrorCode::RateLimited | ErrorCode::SignInAgain), "{code:?}");
    assert_eq!(
        change(&maria, PASSWORD, OWN).await.unwrap_err().1,
        ErrorCode::SignInAgain,
        "not even with the right one"
    );
}

#[tokio::test]
async fn guesses_at_an_open_screen_at_once_are_all_counted() {
    let house = House::new().await;
    let maria = house.desk("reception-1", "maria").await;
    let answers = futures::future::join_all((0..40).map(|_| change(&maria, "a guess at it", OWN))).await;
    let looked_at = answers.iter().filter(|said| matches!(said, Err((_, ErrorCode::WrongCredentials))));
    assert_eq!(looked_at.count(), 5, "no more than one after another: {answers:?}");
    assert_eq!(change(&maria, PASSWORD, OWN).await.unwrap_err().1, ErrorCode::SignInAgain);
    house.clock.forward_s(15 * 60 + 1);
    assert!(sign_in(&maria, PASSWORD).await.is_ok(), "and nothing was changed");
}

#[tokio::test]
async fn a_right_one_leaves_no_guess_open() {
    let house = House::new().await;
    let maria = house.desk("reception-1", "maria").await;
    for n in 0..10 {
        // Too short a new one: the old one was right all the same.
        assert_eq!(change(&maria, PASSWORD, "short").await.unwrap_err().1, ErrorCode::WeakPassword, "{n}");
    }
    assert_eq!(change(&maria, PASSWORD, OWN).await, Ok(()));
}
