use reqwest::{Response, StatusCode};
use serde_json::json;
use uuid::Uuid;
use wattle_domain::WorkstationId;
use wattle_protocol::session::{SignIn, SignedIn};
use wattle_protocol::{ApiFault, ErrorCode};
use wattle_server::config::Config;

use crate::support::desk::{fault, new_key, random_hex, send, sign_in_body};
use crate::support::{Desk, House};

async fn sign_in(house: &House, body: &SignIn) -> Response {
    send(house.address(), "/v1/sign-in", None, body).await
}

/// A sign-in of an enrolled desk's user.
fn again(desk: &Desk, username: &str, password: &str) -> SignIn {
    let mut body = sign_in_body(None, username, &desk.key, &desk.secret);
    body.workstation = Some(desk.workstation());
    body.password = password.to_owned();
    body
}

#[tokio::test]
async fn a_workstation_is_enrolled_with_a_code_once() {
    let house = House::new().await;
    let code = house.code().await;
    let body = |username: &str| {
        let spoken = code.to_lowercase().replace('-', " ");
        sign_in_body(Some((spoken, "reception-1")), username, &new_key(), &random_hex())
    };
    let mut wrong = body("maria");
    wrong.password = "wrong password".to_owned();
    assert_eq!(fault(sign_in(&house, &wrong).await).await.1, ErrorCode::WrongCredentials);
    let signed_in: SignedIn =
        sign_in(&house, &body(" Maria ")).await.json().await.expect("the code was kept");
    assert_eq!(signed_in.display_name, "Maria Costa");
    assert_eq!(signed_in.clinic_name, "Wattle Street Clinic");
    assert_eq!(signed_in.workstation_name, "reception-1");
    assert_eq!(signed_in.roles, [wattle_domain::Role::Reception]);
    assert_eq!(signed_in.access_until.minutes_since(house.clock_now()), 10);
    assert_eq!(signed_in.offline_lease_until.minutes_since(house.clock_now()), 72 * 60);
    let twice = fault(sign_in(&house, &body("maria")).await).await;
    assert_eq!(twice, (StatusCode::FORBIDDEN, ErrorCode::NotEnrolled));

    let late = house.code().await;
    house.clock.forward_s(24 * 3600 + 1);
    let body = sign_in_body(Some((late, "reception-2")), "maria", &new_key(), &random_hex());
    assert_eq!(fault(sign_in(&house, &body).await).await.1, ErrorCode::NotEnrolled, "a day is over");
}

#[tokio::test]
async fn wrong_password_and_unknown_name_look_the_same() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    let wrong = fault(sign_in(&house, &again(&desk, "maria", "wrong password")).await).await;
    let unknown = fault(sign_in(&house, &again(&desk, "nobody", "wrong password")).await).await;
    assert_eq!(wrong, (StatusCode::UNAUTHORIZED, ErrorCode::WrongCredentials));
    assert_eq!(unknown, wrong);
    house.execute("UPDATE clinic.user_account SET active = false WHERE username = 'lee'").await;
    let closed = again(&desk, "lee", crate::support::house::PASSWORD);
    assert_eq!(fault(sign_in(&house, &closed).await).await, wrong, "a closed account says no more");
}

#[tokio::test]
async fn only_the_workstation_s_own_secret_opens_the_desk() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    let good = again(&desk, "maria", crate::support::house::PASSWORD);
    for (why, body) in [
        ("another secret", SignIn { workstation_secret: random_hex(), ..good.clone() }),
        ("unknown", SignIn { workstation: Some(WorkstationId(Uuid::now_v7())), ..good.clone() }),
        ("neither workstation nor code", SignIn { workstation: None, ..good.clone() }),
    ] {
        let refused = fault(sign_in(&house, &body).await).await;
        assert_eq!(refused, (StatusCode::FORBIDDEN, ErrorCode::NotEnrolled), "{why}");
    }
    house.tell_all_to_wipe().await;
    let wrong = again(&desk, "maria", "wrong password");
    assert_eq!(
        fault(sign_in(&house, &wrong).await).await.1,
        ErrorCode::Wipe,
        "told to whoever tries their luck"
    );
    let other = SignIn { workstation_secret: random_hex(), ..wrong.clone() };
    assert_eq!(
        fault(sign_in(&house, &other).await).await.1,
        ErrorCode::NotEnrolled,
        "and to no other computer"
    );
    assert_eq!(sign_in(&house, &good).await.status(), 200, "who may is let in, to hand over what is unsent");
    house.execute("UPDATE clinic.workstation SET state = 'wiped'").await;
    for body in [&good, &wrong] {
        assert_eq!(fault(sign_in(&house, body).await).await.1, ErrorCode::NotEnrolled, "it is none any more");
    }
}

#[tokio::test]
async fn wrong_passwords_must_wait_and_a_restart_forgets_none() {
    let mut house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    let wrong = again(&desk, "maria", "wrong password");
    let good = again(&desk, "maria", crate::support::house::PASSWORD);
    for _ in 0..5 {
        assert_eq!(fault(sign_in(&house, &wrong).await).await.1, ErrorCode::WrongCredentials);
    }
    house.stop().await;
    house.start().await;
    house.clock.forward_s(60);
    let response = sign_in(&house, &good).await;
    assert_eq!(response.headers()["retry-after"], "841");
    let refused: ApiFault = response.json().await.unwrap();
    assert_eq!((refused.code, refused.retry_after_s), (ErrorCode::RateLimited, Some(841)));
    let lee = again(&desk, "lee", crate::support::house::PASSWORD);
    assert_eq!(sign_in(&house, &lee).await.status(), 200, "somebody else may");

    house.clock.forward_s(841);
    assert_eq!(sign_in(&house, &good).await.status(), 200);
    for _ in 0..4 {
        assert_eq!(fault(sign_in(&house, &wrong).await).await.1, ErrorCode::WrongCredentials);
    }
    assert_eq!(sign_in(&house, &good).await.status(), 200, "a good one clears the count");
    assert_eq!(fault(sign_in(&house, &wrong).await).await.1, ErrorCode::WrongCredentials);
}

#[tokio::test]
async fn guesses_at_once_are_all_counted() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    let wrong = again(&desk, "maria", "wrong password");
    let guesses = (0..40).map(|_| sign_in(&house, &wrong));
    let answers = futures::future::join_all(guesses).await;
    let looked_at = answers.iter().filter(|r| r.status() == 401).count();
    assert_eq!(looked_at, 5, "no more than one after another");
    let next = fault(sign_in(&house, &again(&desk, "maria", crate::support::house::PASSWORD)).await).await;
    assert_eq!(next, (StatusCode::TOO_MANY_REQUESTS, ErrorCode::RateLimited));
}

#[tokio::test]
async fn guessed_codes_count_against_the_address() {
    let house = House::with(Config { attempts_per_address: 3, ..Config::default() }).await;
    let guess = sign_in_body(Some(("AAAA-BBBB-CCCC".to_owned(), "x")), "maria", &new_key(), &random_hex());
    for _ in 0..3 {
        assert_eq!(fault(sign_in(&house, &guess).await).await.1, ErrorCode::NotEnrolled);
    }
    assert_eq!(fault(sign_in(&house, &guess).await).await.1, ErrorCode::RateLimited);
}

/// People type passwords into the wrong field.
#[tokio::test]
async fn a_name_that_was_typed_is_kept_as_a_hash_of_its_clinic_and_counted_by_it() {
    let mut house = House::with(Config { attempts_per_user: 2, ..Config::default() }).await;
    let desk = house.desk("reception-1", "maria").await;
    let other = house.desk_elsewhere("Other Street Clinic", "olga").await;
    for (at, code) in [
        (&desk, ErrorCode::WrongCredentials),
        (&desk, ErrorCode::WrongCredentials),
        (&desk, ErrorCode::RateLimited),
        (&other, ErrorCode::WrongCredentials),
    ] {
        let refused = sign_in(&house, &again(at, " Zzyx-My-Password ", "wrong password")).await;
        assert_eq!(fault(refused).await.1, code);
    }
    let kept = "SELECT string_agg(a::text, ' ') FROM clinic.sign_in_attempt a";
    assert!(!house.text(kept).await.contains("zzyx"), "nobody reads what was typed");
    let marks = "SELECT count(DISTINCT name_mark) FROM clinic.sign_in_attempt WHERE succeeded = false";
    assert_eq!(house.count(marks).await, 2, "and nobody sees that two clinics typed the same");
}

#[tokio::test]
async fn malformed_sign_ins_are_told_so_and_change_nothing() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    let good = serde_json::to_value(again(&desk, "maria", crate::support::house::PASSWORD)).unwrap();
    let before = house.count("SELECT count(*) FROM clinic.sign_in_attempt").await;
    for (field, value) in [
        ("username", json!(7)),
        ("username", json!("  ")),
        ("username", json!("x".repeat(101))),
        ("password", json!(null)),
        ("password", json!("x".repeat(1001))),
        ("workstation", json!("not-a-uuid")),
        ("workstation_secret", json!("zz")),
        ("signing_key", json!("AAAA")),
        ("signing_key", json!("not base64!")),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let refused = fault(send(house.address(), "/v1/sign-in", None, &body).await).await;
        assert_eq!(refused, (StatusCode::BAD_REQUEST, ErrorCode::Malformed), "{field}");
    }
    assert_eq!(house.count("SELECT count(*) FROM clinic.sign_in_attempt").await, before);
}
