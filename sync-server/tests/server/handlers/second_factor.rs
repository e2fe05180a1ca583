//! The codes of an authenticator app beside a password.

use reqwest::StatusCode;
use totp_rs::{Builder, Secret, Totp};
use wattle_protocol::ErrorCode;
use wattle_protocol::admin::Act;
use wattle_protocol::second_factor::{SecondFactor, Step};
use wattle_protocol::session::{SignIn, SignedIn};

use crate::support::desk::{fault, new_key, random_hex, send, sign_in_body};
use crate::support::{Desk, House};

async fn step(desk: &Desk, step: Step) -> Result<SecondFactor, ErrorCode> {
    let response = desk.post("/v1/second-factor", &step).await;
    if response.status() != 200 {
        return Err(fault(response).await.1);
    }
    Ok(response.json().await.unwrap())
}

/// The app on somebody's phone.
struct Phone(Totp);

impl Phone {
    fn of(shown: &SecondFactor) -> Self {
        let address = shown.address.as_deref().unwrap();
        let secret = shown.secret.as_deref().unwrap();
        let totp = Totp::from_url(address).unwrap();
        let typed = Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).build_noncompliant();
        assert_eq!(totp.generate(0), typed.generate(0), "picture and text are one secret");
        Self(totp)
    }

    fn code(&self, house: &House) -> String {
        let seconds = u64::try_from(house.clock_now().0 / 1000).unwrap();
        self.0.generate(seconds).to_string()
    }
}

/// Switched on for whoever is at the desk.
async fn switched_on(house: &House, desk: &Desk) -> Phone {
    let phone = Phone::of(&step(desk, Step::Begin).await.unwrap());
    let on = step(desk, Step::Confirm { code: phone.code(house) }).await.unwrap();
    assert!(on.on && on.secret.is_none());
    phone
}

fn ask(desk: &Desk, username: &str, code: Option<String>) -> SignIn {
    let mut body = sign_in_body(None, username, &desk.key, &desk.secret);
    body.workstation = Some(desk.workstation());
    body.second_factor = code;
    body
}

async fn sign_in(house: &House, body: &SignIn) -> Result<SignedIn, ErrorCode> {
    let response = send(house.address(), "/v1/sign-in", None, body).await;
    if response.status() != 200 {
        let (status, code) = fault(response).await;
        assert!(matches!(status, StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS), "{status}");
        return Err(code);
    }
    Ok(response.json().await.unwrap())
}

#[tokio::test]
async fn a_code_is_asked_for_once_a_shift_and_taken_once() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    let before = sign_in(&house, &ask(&desk, "maria", None)).await.unwrap();
    assert_eq!(before.second_factor_until, None, "an account without one");
    let phone = switched_on(&house, &desk).await;
    assert!(sign_in(&house, &ask(&desk, "maria", None)).await.is_ok(), "given at this computer a moment ago");
    house.clock.forward_s(12 * 3600);
    assert_eq!(sign_in(&house, &ask(&desk, "maria", None)).await, Err(ErrorCode::SecondFactor));
    let mut wrong = ask(&desk, "maria", Some(phone.code(&house)));
    wrong.password = "wrong password".into();
    assert_eq!(sign_in(&house, &wrong).await, Err(ErrorCode::WrongCredentials), "never says which");
    let code = phone.code(&house);
    let (front, back) = code.split_at(3);
    let spaced = format!("{front} {back}");
    let signed_in = sign_in(&house, &ask(&desk, "maria", Some(spaced))).await.unwrap();
    let until = signed_in.second_factor_until.unwrap();
    assert_eq!(until.minutes_since(house.clock_now()), 12 * 60);
    let twice = sign_in(&house, &ask(&desk, "maria", Some(code))).await;
    assert_eq!(twice, Err(ErrorCode::SecondFactor), "read over a shoulder");
    house.clock.forward_s(30);
    assert!(sign_in(&house, &ask(&desk, "maria", Some(phone.code(&house)))).await.is_ok());
}

#[tokio::test]
async fn another_computer_is_asked_anew_and_its_sign_ins_of_before_end() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    let elsewhere = house.desk("reception-2", "maria").await;
    let phone = switched_on(&house, &desk).await;
    assert_eq!(
        step(&elsewhere, Step::Look).await,
        Err(ErrorCode::SignInAgain),
        "signed in by a password alone"
    );
    assert!(step(&desk, Step::Look).await.unwrap().on, "not here");
    assert_eq!(sign_in(&house, &ask(&elsewhere, "maria", None)).await, Err(ErrorCode::SecondFactor));
    let code = house.code().await;
    let mut new = sign_in_body(Some((code, "reception-3")), "maria", &new_key(), &random_hex());
    assert_eq!(sign_in(&house, &new).await, Err(ErrorCode::SecondFactor));
    house.clock.forward_s(30);
    new.second_factor = Some(phone.code(&house));
    assert!(sign_in(&house, &new).await.is_ok(), "the enrolment code was kept for it");
}

#[tokio::test]
async fn guessing_codes_must_wait_and_a_good_password_forgives_none() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    let phone = switched_on(&house, &desk).await;
    house.clock.forward_s(12 * 3600);
    let good = phone.code(&house);
    let guess = if good == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        assert_eq!(
            sign_in(&house, &ask(&desk, "maria", Some(guess.into()))).await,
            Err(ErrorCode::SecondFactor)
        );
        // Whoever knows the password asks without a code in between.
        let between = sign_in(&house, &ask(&desk, "maria", None)).await;
        assert!(matches!(between, Err(ErrorCode::SecondFactor | ErrorCode::RateLimited)));
    }
    assert_eq!(sign_in(&house, &ask(&desk, "maria", Some(good))).await, Err(ErrorCode::RateLimited));
    house.clock.forward_s(15 * 60 + 1);
    assert!(sign_in(&house, &ask(&desk, "maria", Some(phone.code(&house)))).await.is_ok());
    let refused = house
        .text("SELECT count(*)::text FROM clinic.access_event WHERE action = 'sign_in_refused' AND detail ->> 'why' = 'second_factor'")
        .await;
    assert_eq!(refused, "5");
}

#[tokio::test]
async fn codes_guessed_at_an_open_screen_at_once_are_all_counted() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    let phone = switched_on(&house, &desk).await;
    house.clock.forward_s(60);
    let good = phone.code(&house);
    let wrong = if good == "000000" { "000001" } else { "000000" };
    let codes = std::iter::repeat_n(wrong.to_owned(), 40);
    let answers = futures::future::join_all(codes.map(|code| step(&desk, Step::Remove { code }))).await;
    let looked_at = answers.iter().filter(|said| matches!(said, Err(ErrorCode::SecondFactor))).count();
    assert_eq!(looked_at, 5, "no more than one after another: {answers:?}");
    let after = step(&desk, Step::Remove { code: good }).await;
    assert_eq!(after, Err(ErrorCode::SignInAgain), "not even with the right one");
    assert_eq!(
        house.count("SELECT count(*) FROM clinic.second_factor WHERE confirmed_at IS NOT NULL").await,
        1
    );
}

#[tokio::test]
async fn an_open_screen_is_not_enough_to_switch_it_off_and_an_admin_is() {
    let house = House::new().await;
    house.person("ada", wattle_domain::Role::Admin).await;
    let desk = house.desk("reception-1", "maria").await;
    assert_eq!(step(&desk, Step::Confirm { code: "123456".into() }).await, Err(ErrorCode::Malformed));
    let phone = switched_on(&house, &desk).await;
    assert_eq!(
        step(&desk, Step::Begin).await,
        Err(ErrorCode::Malformed),
        "not replaced by whoever sits there"
    );
    let wrong = if phone.code(&house) == "123456" { "123457" } else { "123456" };
    assert_eq!(step(&desk, Step::Remove { code: wrong.into() }).await, Err(ErrorCode::SecondFactor));
    house.clock.forward_s(30);
    assert!(!step(&desk, Step::Remove { code: phone.code(&house) }).await.unwrap().on);
    assert!(sign_in(&house, &ask(&desk, "maria", None)).await.is_ok());

    house.clock.forward_s(30);
    let lost = switched_on(&house, &desk).await;
    let ada = house.desk("office", "ada").await;
    let overview = |desk: &Desk| {
        let request = desk.http.get(format!("http://{}/v1/admin", desk.address));
        let request = request.header(wattle_protocol::PROTOCOL_HEADER, wattle_protocol::PROTOCOL);
        request.bearer_auth(&desk.signed_in.access_token).send()
    };
    let listed: wattle_protocol::admin::Overview = overview(&ada).await.unwrap().json().await.unwrap();
    let with: Vec<&str> =
        listed.people.iter().filter(|p| p.second_factor).map(|p| p.username.as_str()).collect();
    assert_eq!(with, ["maria"]);
    assert_eq!(ada.post("/v1/admin", &Act::ResetSecondFactor { user: desk.user() }).await.status(), 200);
    house.clock.forward_s(12 * 3600);
    assert!(sign_in(&house, &ask(&desk, "maria", None)).await.is_ok());
    drop(lost);
    let said = house
        .text("SELECT string_agg(action, ' ' ORDER BY id) FROM clinic.access_event WHERE action LIKE 'second_factor%'")
        .await;
    assert_eq!(said, "second_factor_on second_factor_off second_factor_on second_factor_off");
}

#[tokio::test]
async fn a_secret_rests_wrapped_and_opens_nothing_for_another_account() {
    let house = House::new().await;
    let desk = house.desk("reception-1", "maria").await;
    let shown = step(&desk, Step::Begin).await.unwrap();
    let plain = Secret::try_from_base32(shown.secret.as_deref().unwrap()).unwrap();
    let rests = house.text("SELECT encode(wrapped, 'hex') FROM clinic.second_factor").await;
    let hex: String = plain.as_ref().iter().map(|b| format!("{b:02x}")).collect();
    assert!(!rests.contains(&hex));
    let phone = Phone::of(&shown);
    house.execute("UPDATE clinic.second_factor SET user_id = (SELECT id FROM clinic.user_account WHERE username = 'noor')").await;
    let noor = desk.also("noor").await;
    assert_eq!(step(&noor, Step::Confirm { code: phone.code(&house) }).await, Err(ErrorCode::Internal));
}
