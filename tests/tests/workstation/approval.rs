//! A new computer shows a code of its own, and an admin approves it: nothing before, once, not for long, and over restarts
//! of both sides.

use wattle_protocol::admin::Act;
use wattle_protocol::ipc::session::{AppState, SetUp};
use wattle_tests::desktop::Keyring;
use wattle_tests::house::Person;
use wattle_workstation::{Error, Workstation};

use crate::clinic::{Clinic, MARIA, TOM, TestClock, sign_in, start, until_ready};
use crate::desk::until_free;
use crate::inside::inside;

pub const ADA: Person = Person {
    username: "ada",
    display_name: "Ada Byron",
    role: "admin",
    password: "a-difference-engine",
    column: None,
};

async fn new_computer(clinic: &Clinic, name: &str, clock: &TestClock) -> Workstation {
    let workstation = start(&clinic.data_dir(name), clock);
    let set_up = SetUp {
        server_url: clinic.house.server_url(),
        enrolment_code: String::new(),
        workstation_name: name.into(),
        server_ca: None,
    };
    workstation.set_up(set_up).await.unwrap();
    workstation
}

async fn shown(workstation: &Workstation) -> Option<String> {
    match workstation.app_state().await.unwrap() {
        AppState::SignedOut { own_code, .. } => own_code,
        other => panic!("{other:?}"),
    }
}

async fn approve(office: &Workstation, code: &str) -> Result<(), Error> {
    office.see_to(Act::ApproveComputer { code: code.into() }).await.map(drop)
}

#[tokio::test]
async fn a_computer_enrols_with_its_own_code_once_an_admin_has_approved_it() {
    let name = "approval::a_computer_enrols_with_its_own_code_once_an_admin_has_approved_it";
    if !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (mut clinic, clock) = (Clinic::open().await, TestClock::default());
    clinic.house.add_person(&ADA, None).unwrap();
    let office = clinic.computer("office", &clock).await;
    sign_in(&office, &ADA).await.unwrap();
    until_ready(&office).await;

    let new = new_computer(&clinic, "reception-2", &clock).await;
    let code = shown(&new).await.expect("a code");
    assert_eq!((code.len(), code.chars().nth(4)), (9, Some('-')), "{code}");
    assert!(matches!(sign_in(&new, &MARIA).await, Err(Error::NotApproved)));
    drop(new);
    let new = until_free(&clinic.data_dir("reception-2"), &clock).await;
    assert_eq!(shown(&new).await.as_ref(), Some(&code), "the same after a restart");

    for (bad, why) in [("", "nothing"), ("ABCD", "too short"), ("AAAA-AAA1", "a letter that is never drawn")]
    {
        let no = approve(&office, bad).await;
        assert!(matches!(no, Err(Error::NoSuchCode)), "{why}: {no:?}");
    }
    approve(&office, &code.to_lowercase()).await.unwrap();
    clinic.house.kill_server();
    clinic.house.start_server().await.unwrap();
    sign_in(&new, &MARIA).await.unwrap();
    until_ready(&new).await;
    new.sign_out().await.unwrap();
    assert_eq!(shown(&new).await, None, "spent");
    let again = approve(&office, &code).await;
    assert!(matches!(again, Err(Error::NoSuchCode)), "{again:?}");

    // Approved, and nobody came in time: it is approved once more.
    let late = new_computer(&clinic, "reception-3", &clock).await;
    let code = shown(&late).await.unwrap();
    approve(&office, &code).await.unwrap();
    let over = "with o as (update clinic.enrolment_code set expires_at = now() - interval '1 second' \
                where used_at is null returning 1) select count(*) from o";
    clinic.house.count(over).unwrap();
    assert!(matches!(sign_in(&late, &TOM).await, Err(Error::NotApproved)));
    approve(&office, &code).await.unwrap();
    let minutes = "select count(*) from clinic.enrolment_code where used_at is null \
                   and expires_at between now() + interval '13 minutes' and now() + interval '16 minutes'";
    assert_eq!(clinic.house.count(minutes).unwrap(), 1, "a quarter of an hour");
    sign_in(&late, &TOM).await.unwrap();
    until_ready(&late).await;
    let logged =
        "select count(*) from clinic.access_event where action = 'approve_computer' and user_id is not null";
    assert_eq!(clinic.house.count(logged).unwrap(), 3);
}

#[tokio::test]
async fn guesses_are_counted_like_wrong_passwords_and_a_restart_forgets_none() {
    let name = "approval::guesses_are_counted_like_wrong_passwords_and_a_restart_forgets_none";
    if !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (mut clinic, clock) = (Clinic::open().await, TestClock::default());
    let new = new_computer(&clinic, "reception-2", &clock).await;
    assert!(matches!(sign_in(&new, &MARIA).await, Err(Error::NotApproved)));
    // As if this address had tried forty-nine more.
    let more = "insert into clinic.sign_in_attempt (at, address, succeeded) \
                select now(), address, false from clinic.sign_in_attempt, generate_series(1, 49)";
    clinic.house.script(more).unwrap();
    clinic.house.kill_server();
    clinic.house.start_server().await.unwrap();
    let no = sign_in(&new, &MARIA).await;
    assert!(matches!(no, Err(Error::RateLimited { retry_after_s }) if retry_after_s > 60), "{no:?}");
}
