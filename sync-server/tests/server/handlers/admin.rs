//! People and computers, seen to over HTTP.

use serde_json::{Value, json};
use wattle_domain::{Role, UserId};
use wattle_protocol::admin::{Act, ComputerState, Done, Overview};
use wattle_protocol::pull::Pull;
use wattle_protocol::push::{Push, Verdict};
use wattle_protocol::session::{Refresh, WorkstationState};
use wattle_protocol::{ErrorCode, PROTOCOL, PROTOCOL_HEADER};
use wattle_server::admin;

use crate::support::desk::{fault, new_key, patient, random_hex, send, sign_in_body};
use crate::support::house::PASSWORD;
use crate::support::{Desk, Ear, House};

/// A clinic with somebody who sees to it.
async fn house() -> (House, Desk) {
    let house = House::new().await;
    house.person("ada", Role::Admin).await;
    let desk = house.desk("office", "ada").await;
    (house, desk)
}

async fn overview(desk: &Desk) -> Overview {
    let response = desk
        .http
        .get(format!("http://{}/v1/admin", desk.address))
        .header(PROTOCOL_HEADER, PROTOCOL)
        .bearer_auth(&desk.signed_in.access_token)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

async fn act(desk: &Desk, act: Act) -> Done {
    let response = desk.post("/v1/admin", &act).await;
    assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    response.json().await.unwrap()
}

async fn refused(desk: &Desk, act: Act) -> ErrorCode {
    fault(desk.post("/v1/admin", &act).await).await.1
}

fn person(username: &str, password: &str, roles: &[Role]) -> Act {
    Act::AddPerson {
        username: username.into(),
        display_name: "Nina Nurse".into(),
        password: password.into(),
        roles: roles.to_vec(),
    }
}

async fn log(house: &House) -> Vec<(String, Option<uuid::Uuid>, Option<uuid::Uuid>, Value)> {
    // What the command line did before anybody signed in is looked at in `cli`.
    sqlx::query_as(
        "SELECT action, user_id, subject_id, detail FROM clinic.access_event WHERE detail ->> 'from' IS NULL ORDER BY id",
    )
    .fetch_all(&house.root)
    .await
    .unwrap()
}

async fn signs_in(
    house: &House,
    desk: &Desk,
    username: &str,
    password: &str,
) -> Result<Vec<Role>, ErrorCode> {
    let mut body = sign_in_body(None, username, &new_key(), &desk.secret);
    body.workstation = Some(desk.workstation());
    body.password = password.to_owned();
    let response = send(house.address(), "/v1/sign-in", None, &body).await;
    if response.status() != 200 {
        return Err(fault(response).await.1);
    }
    Ok(response.json::<wattle_protocol::session::SignedIn>().await.unwrap().roles)
}

#[tokio::test]
async fn a_new_colleague_gets_an_account_that_works_at_once() {
    let (house, ada) = house().await;
    let made = act(&ada, person(" Nina ", "a long password", &[Role::Nurse])).await.user.unwrap();
    assert_eq!(signs_in(&house, &ada, "nina", "a long password").await, Ok(vec![Role::Nurse]));
    let seen = overview(&ada).await;
    let names: Vec<&str> = seen.people.iter().map(|p| p.username.as_str()).collect();
    assert_eq!(names, ["lee", "maria", "nina", "noor", "ada"], "by their names on the screen");
    let nina = seen.people.iter().find(|p| p.id == made).unwrap();
    assert_eq!((nina.display_name.as_str(), nina.active), ("Nina Nurse", true));
    assert!(nina.last_seen_at.is_some());
    assert_eq!(seen.workstations.len(), 1);
    assert_eq!(seen.offline_lease_h, 72);

    for (why, wanted, bad) in [
        ("taken", ErrorCode::NameTaken, person("NINA", "another password", &[Role::Nurse])),
        ("too short", ErrorCode::WeakPassword, person("nils", "short", &[Role::Nurse])),
        ("no role", ErrorCode::Malformed, person("nils", "a long password", &[])),
        ("no name", ErrorCode::Malformed, person(" ", "a long password", &[Role::Nurse])),
        ("a space", ErrorCode::Malformed, person("nils b", "a long password", &[Role::Nurse])),
    ] {
        assert_eq!(refused(&ada, bad).await, wanted, "{why}");
    }
    assert_eq!(overview(&ada).await.people.len(), 5, "nothing half made");
}

#[tokio::test]
async fn who_may_not_is_refused_and_nothing_changes() {
    let (house, ada) = house().await;
    for username in ["maria", "lee", "noor"] {
        let desk = house.desk(username, username).await;
        assert_eq!(
            refused(&desk, person("eve", "a long password", &[Role::Admin])).await,
            ErrorCode::NotAllowed
        );
        assert_eq!(refused(&desk, Act::MakeCode).await, ErrorCode::NotAllowed);
        let computer = Act::SetComputer { workstation: ada.workstation(), state: ComputerState::Wipe };
        assert_eq!(refused(&desk, computer).await, ErrorCode::NotAllowed);
    }
    let seen = overview(&ada).await;
    assert_eq!(seen.people.len(), 4);
    assert!(seen.workstations.iter().all(|w| w.state == ComputerState::Ok));
}

#[tokio::test]
async fn a_role_that_is_taken_away_ends_the_live_stream_at_once() {
    let (house, ada) = house().await;
    let lee = house.desk("room-1", "lee").await;
    let mut ear = Ear::open(&lee).await;
    ear.next().await;
    assert_eq!(lee.hello().await.roles, [Role::Practitioner]);
    act(&ada, Act::SetRoles { user: lee.user(), roles: vec![Role::Reception] }).await;
    ear.until_end().await;
    let welcome = lee.hello().await;
    assert_eq!(welcome.roles, [Role::Reception]);
    let feeds: Vec<_> = welcome.feeds.iter().map(|f| f.feed.as_str()).collect();
    assert!(!feeds.contains(&"clinical"), "{feeds:?}");
    let last = log(&house).await.pop().unwrap();
    assert_eq!((last.0.as_str(), last.1, last.2), ("set_roles", Some(ada.user().0), Some(lee.user().0)));
    assert_eq!(last.3, json!({"before": ["practitioner"], "after": ["reception"]}));
}

#[tokio::test]
async fn the_last_who_may_see_to_accounts_stays() {
    let (house, ada) = house().await;
    let reception = Act::SetRoles { user: ada.user(), roles: vec![Role::Reception] };
    assert_eq!(refused(&ada, reception.clone()).await, ErrorCode::LastAdmin);
    assert_eq!(refused(&ada, Act::CloseAccount { user: ada.user() }).await, ErrorCode::LastAdmin);
    act(&ada, person("otto", "a long password", &[Role::Admin, Role::Reception])).await;
    act(&ada, reception).await;
    assert_eq!(refused(&ada, Act::MakeCode).await, ErrorCode::NotAllowed, "it holds for her too, at once");
    assert_eq!(
        signs_in(&house, &ada, "otto", "a long password").await,
        Ok(vec![Role::Reception, Role::Admin])
    );
}

#[tokio::test]
async fn a_closed_account_and_a_new_password_end_what_was_signed_in() {
    let (house, ada) = house().await;
    let maria = house.desk("reception-1", "maria").await;
    act(&ada, Act::CloseAccount { user: maria.user() }).await;
    let pull = maria.post("/v1/session", &json!({})).await;
    assert_eq!(fault(pull).await.1, ErrorCode::SignInAgain);
    assert_eq!(signs_in(&house, &maria, "maria", PASSWORD).await, Err(ErrorCode::WrongCredentials));
    act(&ada, Act::ReopenAccount { user: maria.user() }).await;
    assert_eq!(signs_in(&house, &maria, "maria", PASSWORD).await, Ok(vec![Role::Reception]));
    act(&ada, Act::SetPassword { user: maria.user(), password: "quite another one".into() }).await;
    assert_eq!(signs_in(&house, &maria, "maria", PASSWORD).await, Err(ErrorCode::WrongCredentials));
    assert_eq!(signs_in(&house, &maria, "maria", "quite another one").await, Ok(vec![Role::Reception]));
    let nobody = UserId(uuid::Uuid::from_u128(7));
    assert_eq!(refused(&ada, Act::CloseAccount { user: nobody }).await, ErrorCode::NotFound);
}

#[tokio::test]
async fn a_code_enrols_once_and_can_be_taken_back() {
    let (house, ada) = house().await;
    let code = act(&ada, Act::MakeCode).await.code.unwrap();
    let open = overview(&ada).await.codes;
    assert_eq!(open.len(), 1);
    let body = sign_in_body(Some((code, "reception-9")), "maria", &new_key(), &random_hex());
    assert_eq!(send(house.address(), "/v1/sign-in", None, &body).await.status(), 200);
    assert!(overview(&ada).await.codes.is_empty(), "used");
    assert_eq!(refused(&ada, Act::CancelCode { code: open[0].id }).await, ErrorCode::NotFound);

    let code = act(&ada, Act::MakeCode).await.code.unwrap();
    act(&ada, Act::CancelCode { code: overview(&ada).await.codes[0].id }).await;
    let body = sign_in_body(Some((code, "reception-9")), "maria", &new_key(), &random_hex());
    let answer = fault(send(house.address(), "/v1/sign-in", None, &body).await).await;
    assert_eq!(answer.1, ErrorCode::NotEnrolled);
}

#[tokio::test]
async fn a_stopped_computer_neither_sends_nor_gets_until_it_may() {
    let (house, ada) = house().await;
    let mut maria = house.desk("reception-1", "maria").await;
    let workstation = maria.workstation();
    let set = |state| Act::SetComputer { workstation, state };
    act(&ada, set(ComputerState::Suspended)).await;
    assert_eq!(maria.hello().await.workstation, WorkstationState::Suspended);
    let pull = Pull { max_bytes: u64::MAX, ..Pull::default() };
    assert_eq!(fault(maria.post("/v1/pull", &pull).await).await.1, ErrorCode::NotAllowed);
    let unsent = Push { commands: vec![maria.command(patient("Okafor"))] };
    assert_eq!(fault(maria.post("/v1/push", &unsent).await).await.1, ErrorCode::NotAllowed);
    act(&ada, set(ComputerState::Ok)).await;
    maria.pull().await;
    assert_eq!(maria.hello().await.workstation, WorkstationState::Ok);
    maria.register("Nguyen").await;
    assert_eq!(refused(&ada, set(ComputerState::Wiped)).await, ErrorCode::Malformed);
}

/// Beside a computer that is stopped, whose people stay signed in, and one that is wiped, which must be heard of first.
#[tokio::test]
async fn a_revoked_computer_is_none_of_the_clinic_s_until_it_is_let_in_again() {
    let (house, ada) = house().await;
    let mut maria = house.desk("reception-1", "maria").await;
    let lee = maria.also("lee").await;
    let workstation = maria.workstation();
    let set = |state| Act::SetComputer { workstation, state };
    let unsent = maria.command(patient("Okafor"));
    act(&ada, set(ComputerState::Revoked)).await;
    let state = overview(&ada).await.workstations.into_iter().find(|w| w.id == workstation).unwrap().state;
    assert_eq!(state, ComputerState::Revoked);

    let refresh = |desk: &Desk| Refresh { refresh_token: desk.signed_in.refresh_token.clone(), workstation };
    for desk in [&maria, &lee] {
        let pull = desk.post("/v1/pull", &Pull { max_bytes: u64::MAX, ..Pull::default() }).await;
        assert_eq!(fault(pull).await.1, ErrorCode::SignInAgain, "its access token is dead at once");
        let refused = send(house.address(), "/v1/refresh", None, &refresh(desk)).await;
        let told = (reqwest::StatusCode::FORBIDDEN, ErrorCode::WorkstationRevoked);
        assert_eq!(fault(refused).await, told, "and its refresh token");
    }
    for password in [PASSWORD, "not it, I think"] {
        let refused = signs_in(&house, &maria, "maria", password).await;
        assert_eq!(refused, Err(ErrorCode::WorkstationRevoked), "nobody signs in at it");
    }
    let theft = "SELECT count(*) FROM clinic.access_event WHERE action = 'reuse_token'";
    assert_eq!(house.count(theft).await, 0, "a token that was taken back is no sign of a thief");
    let live = "SELECT count(*) FROM clinic.signing_key WHERE revoked_at IS NULL AND workstation_id = \
                (SELECT id FROM clinic.workstation WHERE state = 'revoked')";
    assert_eq!(house.count(live).await, 0, "nothing counts that its keys sign");

    act(&ada, set(ComputerState::Ok)).await;
    assert_eq!(
        fault(send(house.address(), "/v1/refresh", None, &refresh(&maria)).await).await.1,
        ErrorCode::SignInAgain,
        "let in again, its people sign in anew"
    );
    let mut body = sign_in_body(None, "maria", &maria.key, &maria.secret);
    body.workstation = Some(workstation);
    let response = send(house.address(), "/v1/sign-in", None, &body).await;
    maria.signed_in = response.json().await.unwrap();
    let answers = maria.push(vec![unsent]).await;
    assert_eq!(answers[0].verdict, Verdict::Applied, "what was unsent on it is not lost");

    act(&ada, set(ComputerState::Revoked)).await;
    act(&ada, set(ComputerState::Wipe)).await;
    assert_eq!(maria.hello().await.workstation, WorkstationState::Wipe, "and may be wiped after all");
    let words: Vec<String> = log(&house).await.into_iter().map(|entry| entry.0).collect();
    let of_it: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| word.ends_with("_workstation")).collect();
    assert_eq!(
        of_it,
        [
            "enrol_workstation",
            "enrol_workstation",
            "revoke_workstation",
            "resume_workstation",
            "revoke_workstation",
            "wipe_workstation"
        ]
    );
}

#[tokio::test]
async fn what_was_done_is_in_the_log_and_the_log_is_whole() {
    let (house, ada) = house().await;
    act(&ada, person("nina", "a long password", &[Role::Nurse])).await;
    let _ = signs_in(&house, &ada, "nina", "wrong password").await;
    let _ = signs_in(&house, &ada, "canary-of-nobody", "wrong password").await;
    let words: Vec<String> = log(&house).await.into_iter().map(|entry| entry.0).collect();
    let wanted = ["enrol_workstation", "sign_in", "add_account", "sign_in_refused", "sign_in_refused"];
    assert_eq!(words, wanted);
    let entries = log(&house).await;
    assert!(entries[3].1.is_none() && entries[3].2.is_some(), "whose account, not who: {:?}", entries[3]);
    assert!(entries[4].2.is_none());
    assert!(!format!("{entries:?}").contains("canary"));
    assert_eq!(admin::verify_audit(&house.owner, Some(house.kms.clone()), house.clinic).await.unwrap(), None);

    house
        .execute(
            "ALTER TABLE clinic.access_event DISABLE TRIGGER ALL; \
             DELETE FROM clinic.access_event WHERE action = 'add_account' AND user_id IS NOT NULL",
        )
        .await;
    let broken =
        admin::verify_audit(&house.owner, Some(house.kms.clone()), house.clinic).await.unwrap().unwrap();
    assert_eq!((broken.log, broken.why.as_str()), ("access_event", "what follows is missing"));
}
