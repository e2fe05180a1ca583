//! A sign-in with the account of a real OpenID provider: in, on through an outage, and who is not let in.

use serde_json::{Value, json};
use wattle_protocol::ErrorCode;
use wattle_protocol::ipc::session::{Connection, OpenIdSignIn};
use wattle_protocol::second_factor::Step;
use wattle_tests::desktop::Keyring;
use wattle_tests::provider::{self, Provider};
use wattle_workstation::{Error, Workstation};

use crate::clinic::{
    Clinic, MARIA, TOM, TestClock, found, register, sign_in, sign_in_with, unlock, until_delivered,
    until_offline, until_ready, until_sync,
};
use crate::inside::inside;

const HERE: &str = "only-on-this-computer";

fn people() -> Value {
    json!({
        "m-1": {"email": "Maria@example.com", "email_verified": true},
        "t-1": {"email": "tom@example.com", "email_verified": false},
        "x-1": {"email": "stranger@example.com", "email_verified": true},
        "m-2": {"email": "maria@example.com", "email_verified": true},
    })
}

/// A clinic whose people sign in over there; Maria's and Tom's accounts have a login.
async fn with_provider(clinic: &Clinic) -> Option<Provider> {
    let provider = Provider::start(&provider::package()?, &people()).await.unwrap();
    clinic.house.set_openid_provider(&provider.issuer).unwrap();
    for person in [MARIA, TOM] {
        let login = format!(
            "with l as (insert into clinic.openid_login (clinic_id, user_id, issuer, login) \
             select clinic_id, id, '{}', '{}@example.com' from clinic.user_account where username = '{}' returning 1) \
             select count(*) from l",
            provider.issuer, person.username, person.username
        );
        assert_eq!(clinic.house.count(&login).unwrap(), 1);
    }
    Some(provider)
}

async fn as_somebody(desk: &Workstation, login: &'static str, password: &str) -> Result<(), Error> {
    desk.sign_in_openid(OpenIdSignIn { password: password.into() }, |address| {
        tokio::spawn(async move { provider::browse(&address, login).await.unwrap() });
        Ok(())
    })
    .await
}

#[tokio::test]
async fn somebody_signs_in_in_their_browser_and_works_through_an_outage() {
    let name = "openid::somebody_signs_in_in_their_browser_and_works_through_an_outage";
    if provider::package().is_none() || !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (mut clinic, clock) = (Clinic::open_with_key().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    assert!(matches!(as_somebody(&desk, "m-1", HERE).await, Err(Error::NoProvider)));
    let _provider = with_provider(&clinic).await.unwrap();
    assert!(matches!(as_somebody(&desk, "m-1", "short").await, Err(Error::WeakPassword)));
    as_somebody(&desk, "m-1", HERE).await.unwrap();
    until_ready(&desk).await;
    register(&desk, "Nguyen").await.unwrap();
    until_delivered(&desk).await;

    // Again with the password of this computer: the kept refresh token is enough for the server.
    desk.sign_out().await.unwrap();
    sign_in_with(&desk, &MARIA, HERE).await.unwrap();
    register(&desk, "Quirke").await.unwrap();
    until_delivered(&desk).await;
    desk.sign_out().await.unwrap();
    let heard = || clinic.house.count("select count(*) from clinic.sign_in_attempt").unwrap();
    let before = heard();
    assert!(matches!(sign_in_with(&desk, &MARIA, "a slip of hers").await, Err(Error::WrongCredentials)));
    assert_eq!(heard(), before, "the server never hears this computer's password");
    sign_in_with(&desk, &MARIA, HERE).await.unwrap();
    desk.lock().await.unwrap();
    assert!(matches!(unlock(&desk, "another-password").await, Err(Error::WrongCredentials)));
    unlock(&desk, HERE).await.unwrap();

    clinic.house.kill_server();
    until_offline(&desk).await;
    desk.sign_out().await.unwrap();
    sign_in_with(&desk, &MARIA, HERE).await.unwrap();
    assert_eq!(found(&desk, "nguyen").await, 1);
    register(&desk, "Rossi").await.unwrap();
    clock.hours_later(80);
    desk.sign_out().await.unwrap();
    let over = sign_in_with(&desk, &MARIA, HERE).await;
    assert!(matches!(over, Err(Error::ProviderNeeded)), "{over:?}");

    // Back in the browser, with another password for this computer: the server keeps the file's key.
    clinic.house.start_server().await.unwrap();
    as_somebody(&desk, "m-1", "a-new-one-for-here").await.unwrap();
    until_delivered(&desk).await;
    clinic.until_count("select count(*) from clinic.patient where family_name = 'Rossi'", 1).await;
}

/// Whether more than a password is wanted is the provider's to ask of who signs in with it. It gives no code of ours: whoever
/// types our password is asked for one as before, and nobody switches it off from such a session without one.
#[tokio::test]
async fn a_sign_in_by_the_provider_asks_for_no_code_and_gives_none() {
    let name = "openid::a_sign_in_by_the_provider_asks_for_no_code_and_gives_none";
    if provider::package().is_none() || !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (clinic, clock) = (Clinic::open_with_key().await, TestClock::default());
    let _provider = with_provider(&clinic).await.unwrap();
    let desk = clinic.computer("reception-1", &clock).await;
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    let shown = desk.second_factor(Step::Begin).await.unwrap();
    let phone = totp_rs::Totp::from_url(shown.address.unwrap()).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let code = phone.generate(now).to_string();
    assert!(desk.second_factor(Step::Confirm { code }).await.unwrap().on);
    let given = "select count(*) from clinic.second_factor_given";
    assert_eq!(clinic.house.count(given).unwrap(), 1, "at that computer");

    let other = clinic.computer("reception-2", &clock).await;
    as_somebody(&other, "m-1", HERE).await.unwrap();
    until_ready(&other).await;
    assert_eq!(clinic.house.count(given).unwrap(), 1, "the provider's word is no code of ours");
    assert!(other.second_factor(Step::Look).await.unwrap().on);
    let off = other.second_factor(Step::Remove { code: "12345".into() }).await;
    assert!(matches!(off, Err(Error::Refused { code: ErrorCode::SecondFactor, .. })), "{off:?}");
    let third = clinic.computer("reception-3", &clock).await;
    let tried = sign_in(&third, &MARIA).await;
    assert!(matches!(tried, Err(Error::Refused { code: ErrorCode::SecondFactor, .. })), "{tried:?}");
}

#[tokio::test]
async fn nobody_else_is_let_in() {
    if provider::package().is_none() || !inside("openid::nobody_else_is_let_in", Keyring::Unlocked).await {
        return;
    }
    let (clinic, clock) = (Clinic::open_with_key().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    let _provider = with_provider(&clinic).await.unwrap();
    for (login, why) in [
        ("x-1", "nobody of the clinic"),
        ("t-1", "an address that the provider has not checked"),
        ("nobody", "nobody of the provider"),
    ] {
        let tried = as_somebody(&desk, login, HERE).await;
        assert!(matches!(tried, Err(Error::ProviderRefused)), "{why}: {tried:?}");
    }
    as_somebody(&desk, "m-1", HERE).await.unwrap();
    until_ready(&desk).await;
    desk.sign_out().await.unwrap();
    // The address was given to somebody else over there: the account is bound to who it was.
    assert!(matches!(as_somebody(&desk, "m-2", HERE).await, Err(Error::ProviderRefused)));
    let closed = "with c as (update clinic.user_account set active = false where username = 'maria' returning 1) select count(*) from c";
    assert_eq!(clinic.house.count(closed).unwrap(), 1);
    assert!(matches!(as_somebody(&desk, "m-1", HERE).await, Err(Error::ProviderRefused)));
    let refused = clinic.house.count("select count(*) from clinic.access_event where action = 'sign_in_refused' and detail ->> 'why' = 'openid'");
    assert_eq!(refused.unwrap(), 4, "the provider itself refused one");
    // A password of ours goes on beside it.
    let opened = "with c as (update clinic.user_account set active = true where username = 'tom' returning 1) select count(*) from c";
    assert_eq!(clinic.house.count(opened).unwrap(), 1);
    sign_in(&desk, &TOM).await.unwrap();
    until_sync(&desk, |s| s.connection == Connection::Online).await;
}

#[tokio::test]
async fn what_the_browser_brings_back_is_good_once_for_who_began_it() {
    let Some(package) = provider::package() else { return };
    let clinic = Clinic::open_with_key().await;
    let provider = Provider::start(&package, &people()).await.unwrap();
    clinic.house.set_openid_provider(&provider.issuer).unwrap();
    let login = "with l as (insert into clinic.openid_login (clinic_id, user_id, issuer, login) \
                 select clinic_id, id, (select issuer from clinic.openid_provider), 'maria@example.com' \
                 from clinic.user_account where username = 'maria' returning 1) select count(*) from l";
    assert_eq!(clinic.house.count(login).unwrap(), 1);
    let desk = raw::Desk::new(&clinic);
    let good = desk.returned("m-1").await;
    for (why, body) in [
        ("another verifier", desk.sign_in(&good, json!({"verifier": "v".repeat(43)}))),
        ("the attempt was spent by that", desk.sign_in(&good, json!({}))),
    ] {
        assert_eq!(desk.post("/v1/sign-in", &body).await, (401, json!("wrong_credentials")), "{why}");
    }
    let mine = desk.returned("m-1").await;
    let theirs = desk.returned("m-1").await;
    let mixed = desk.sign_in(&mine, json!({"attempt": theirs["attempt"]}));
    assert_eq!(
        desk.post("/v1/sign-in", &mixed).await.0,
        401,
        "a code of one attempt in another: its nonce is another"
    );
    let elsewhere = desk.begin(json!({"redirect_uri": "https://evil.example.com/"}));
    assert_eq!(desk.post("/v1/openid", &elsewhere).await, (400, json!("malformed")));
    let whole = desk.returned("m-1").await;
    assert_eq!(desk.post("/v1/sign-in", &desk.sign_in(&whole, json!({}))).await.0, 200);
    assert_eq!(
        desk.post("/v1/sign-in", &desk.sign_in(&whole, json!({}))).await.0,
        403,
        "the enrolment code is spent too"
    );
}

/// Truly signed, and of no use here: each is refused as if it were nobody, changes nothing, and its attempt is spent.
#[tokio::test]
async fn an_id_token_for_somebody_else_of_another_time_or_of_another_key_is_not_believed() {
    let Some(package) = provider::package() else { return };
    let twists = [
        ("audience", json!({"aud": "the-pathology-portal"}), false),
        ("audiences", json!({"aud": ["wattle", "the-pathology-portal"]}), false),
        ("issuer", json!({"iss": "https://elsewhere.example.com"}), false),
        ("over", json!({"exp": -60}), false),
        ("not-yet", json!({"nbf": 3_600}), false),
        ("of-tomorrow", json!({"iat": 86_400, "exp": 90_000}), false),
        ("nonce", json!({"nonce": "another-attempt"}), false),
        ("key", json!({"key": "another"}), false),
        ("here-before", json!({"auth_time": -3_600}), false),
        ("who-knows-when", json!({"auth_time": null}), false),
        ("straight", json!({"exp": 120}), true),
    ];
    let people: serde_json::Map<String, Value> = twists
        .iter()
        .map(|(login, twist, _)| {
            let claims =
                json!({"email": format!("{login}@example.com"), "email_verified": true, "twist": twist});
            ((*login).to_owned(), claims)
        })
        .collect();
    let clinic = Clinic::open_with_key().await;
    let provider = Provider::start(&package, &Value::Object(people)).await.unwrap();
    clinic.house.set_openid_provider(&provider.issuer).unwrap();
    for (login, twist, good) in twists {
        // All of them are Maria's: nothing but the token stands in the way.
        let maria = format!(
            "delete from clinic.openid_login; insert into clinic.openid_login (clinic_id, user_id, issuer, login) \
             select clinic_id, id, '{}', '{login}@example.com' from clinic.user_account where username = 'maria'",
            provider.issuer
        );
        clinic.house.script(&maria).unwrap();
        let desk = raw::Desk::new(&clinic);
        let returned = desk.returned(login).await;
        let answer = desk.post("/v1/sign-in", &desk.sign_in(&returned, json!({}))).await;
        if good {
            assert_eq!(answer.0, 200, "a token that is moved and still holds");
            continue;
        }
        assert_eq!(answer, (401, json!("wrong_credentials")), "{login}: {twist}");
        let changed = "select (select count(*) from clinic.workstation) + (select count(*) from clinic.openid_login where subject is not null)";
        assert_eq!(clinic.house.count(changed).unwrap(), 0, "{login}: no computer and no account is bound");
    }
}

/// The two routes by hand.
mod raw {
    use serde_json::{Value, json};
    use wattle_tests::provider;

    use crate::clinic::Clinic;

    /// RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const REDIRECT: &str = "http://127.0.0.1:49152/";

    pub struct Desk {
        server: String,
        code: String,
    }

    impl Desk {
        pub fn new(clinic: &Clinic) -> Self {
            Self { server: clinic.house.server_url(), code: clinic.house.enrolment_code().unwrap() }
        }

        pub fn begin(&self, other: Value) -> Value {
            merged(
                json!({
                    "workstation": null, "workstation_secret": "5a".repeat(32),
                    "enrolment": {"code": self.code, "name": "reception-1"},
                    "redirect_uri": REDIRECT, "code_challenge": CHALLENGE, "state": "s".repeat(43),
                }),
                other,
            )
        }

        /// What a browser brings back.
        pub async fn returned(&self, login: &str) -> Value {
            let begun = self.send("/v1/openid", &self.begin(json!({}))).await.1;
            let back = provider::redirected(begun["address"].as_str().unwrap(), login).await.unwrap();
            let back = reqwest::Url::parse(&back).unwrap();
            let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
            json!({"attempt": begun["attempt"], "code": code, "verifier": VERIFIER, "redirect_uri": REDIRECT})
        }

        pub fn sign_in(&self, returned: &Value, other: Value) -> Value {
            json!({
                "username": "", "password": "", "workstation": null, "workstation_secret": "5a".repeat(32),
                "enrolment": {"code": self.code, "name": "reception-1"},
                "openid": merged(returned.clone(), other),
                "signing_key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "app_version": "0.1.0",
            })
        }

        pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
            let (status, said) = self.send(path, body).await;
            (status, said["code"].clone())
        }

        async fn send(&self, path: &str, body: &Value) -> (u16, Value) {
            let request = reqwest::Client::new().post(format!("{}{path}", self.server));
            let version = wattle_protocol::PROTOCOL;
            let answer =
                request.header(wattle_protocol::PROTOCOL_HEADER, version).json(body).send().await.unwrap();
            (answer.status().as_u16(), answer.json().await.unwrap())
        }
    }

    fn merged(mut whole: Value, other: Value) -> Value {
        for (name, value) in other.as_object().unwrap() {
            whole[name] = value.clone();
        }
        whole
    }
}
