//! A person's role changes: they are told, work with another file, and lose nothing that was unsent in the one before.

use uuid::Uuid;
use wattle_domain::commands::{NewIdentifier, PatientDetails, PatientParts, RegisterPatient};
use wattle_domain::fields::{BirthDateAccuracy, IdentifierKind, Sex};
use wattle_domain::{IdentifierId, PatientId, RejectionCode, Role};
use wattle_protocol::ipc::FaultCode;
use wattle_protocol::ipc::attention::{AttentionItem, RejectedItem, SetAside, TryAgain};
use wattle_protocol::ipc::session::AppState;
use wattle_tests::desktop::Keyring;
use wattle_workstation::{Error, Workstation};

use crate::clinic::{
    Clinic, MARIA, TOM, TestClock, found, register, sign_in, until_delivered, until_offline, until_ready,
    until_state, until_sync,
};
use crate::desk::until_free;
use crate::inside::inside;

/// Far below the ten minutes of an access token.
const TOLD: std::time::Duration = std::time::Duration::from_secs(45);
const IHI: &str = "8003608166690503";

#[tokio::test]
async fn a_changed_role_signs_out_with_a_word_and_unsent_work_arrives_from_the_file_it_is_in() {
    let name = "roles::a_changed_role_signs_out_with_a_word_and_unsent_work_arrives_from_the_file_it_is_in";
    if !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (mut clinic, clock) = (Clinic::open().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    until_delivered(&desk).await;

    // Offline: one patient that is fine, and one whose number a colleague gives to somebody else meanwhile.
    clinic.house.kill_server();
    until_offline(&desk).await;
    register(&desk, "Papadopoulos").await.unwrap();
    register_with_ihi(&desk, "Refused").await.unwrap();
    desk.sign_out().await.unwrap();
    clinic.house.start_server().await.unwrap();
    let other = clinic.computer("reception-2", &clock).await;
    sign_in(&other, &TOM).await.unwrap();
    until_ready(&other).await;
    register_with_ihi(&other, "Earlier").await.unwrap();
    until_delivered(&other).await;
    let sql = "update clinic.user_role set role = 'practice_manager' where user_id = \
               (select id from clinic.user_account where username = 'maria')";
    clinic.house.script(sql).unwrap();

    // The slot opens the old file at once; then the server's word comes.
    sign_in(&desk, &MARIA).await.unwrap();
    let told =
        |state: &AppState| matches!(state, AppState::SignedOut { notice: Some(FaultCode::RolesChanged), .. });
    until_state(&desk, told).await;
    // The app ends right then, whatever was still on its way.
    desk.close().await;
    drop(desk);
    let desk = until_free(&clinic.data_dir("reception-1"), &clock).await;

    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    let AppState::Ready { session } = desk.app_state().await.unwrap() else { panic!("ready") };
    assert_eq!(session.roles, [Role::PracticeManager]);
    until_sync(&desk, |state| state.waiting == 0 && state.attention == 1).await;
    for (family, times) in [("Papadopoulos", 1), ("Refused", 0), ("Earlier", 1)] {
        let sql = format!("select count(*) from clinic.patient where family_name = '{family}'");
        assert_eq!(clinic.house.count(&sql).unwrap(), times, "{family} at the server");
    }
    until_delivered(&desk).await;
    assert_eq!(found(&desk, "papadopoulos").await, 1, "the new file has what the old one sent");

    let item = refused(&desk).await;
    assert_eq!(item.rejection.as_ref().map(|r| r.code), Some(RejectionCode::IdentifierTaken));
    assert_eq!(item.patient_name.as_deref(), Some("REFUSED Ruby"), "named, though there is no record");
    assert!(item.mine && !item.quarantined);
    deal_with(&desk, &item).await;
    assert!(
        clinic.data_dir("reception-1").join(session_clinic(&clinic)).join("ref-front/wattle.db").exists(),
        "the file that was left is kept"
    );
}

/// While the desk is online: the server tells, nobody waits for the next renewal of a token (ten minutes), and each file holds
/// the feeds of its roles and no other.
#[tokio::test]
async fn a_role_that_changes_reaches_an_open_desk_and_adds_and_removes_feeds() {
    let name = "roles::a_role_that_changes_reaches_an_open_desk_and_adds_and_removes_feeds";
    if !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (clinic, clock) = (Clinic::open_with_key().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    register(&desk, "Nguyen").await.unwrap();
    until_delivered(&desk).await;
    let profile = async |desk: &Workstation| desk.sync_page().await.unwrap().file.profile;
    let without = profile(&desk).await;
    assert!(!without.contains("clinical"), "{without}");
    for (role, has_clinical) in [("nurse", true), ("reception", false)] {
        let changed = format!(
            "update clinic.user_role set role = '{role}' where user_id = \
             (select id from clinic.user_account where username = 'maria')"
        );
        let began = std::time::Instant::now();
        clinic.house.script(&changed).unwrap();
        let told = |state: &AppState| {
            matches!(state, AppState::SignedOut { notice: Some(FaultCode::RolesChanged), .. })
        };
        until_state(&desk, told).await;
        assert!(began.elapsed() < TOLD, "{role}: it was told, and did not find out by itself");
        sign_in(&desk, &MARIA).await.unwrap();
        until_ready(&desk).await;
        until_delivered(&desk).await;
        let now = profile(&desk).await;
        assert_eq!(now.contains("clinical"), has_clinical, "{role}: {now}");
        assert_eq!(found(&desk, "nguyen").await, 1, "{role}: its own copy of what both may see");
    }
    let file = clinic.data_dir("reception-1").join(session_clinic(&clinic)).join(without);
    assert!(file.join("wattle.db").exists());
}

/// Set aside with a name, put back, tried again as a new command: the server says the same of that one.
async fn deal_with(desk: &Workstation, item: &RejectedItem) {
    let command_id = item.command_id;
    desk.set_aside(SetAside { command_id, back: false }).await.unwrap();
    let aside = refused(desk).await.aside.expect("set aside");
    assert_eq!(aside.by_name.as_deref(), Some("Maria Costa"));
    assert_eq!(desk.sync_state().await.unwrap().attention, 0);
    desk.set_aside(SetAside { command_id, back: true }).await.unwrap();
    assert_eq!(refused(desk).await.aside, None);
    desk.try_again(TryAgain { command_ids: vec![command_id], slot: None }).await.unwrap();
    until_sync(desk, |state| state.waiting == 0 && state.attention == 1).await;
    let all = all_refused(desk).await;
    let (aside, open): (Vec<_>, Vec<_>) = all.iter().partition(|item| item.aside.is_some());
    assert_eq!(aside.iter().map(|item| item.command_id).collect::<Vec<_>>(), [command_id]);
    let [again] = open.as_slice() else { panic!("one is open: {all:?}") };
    assert_ne!(again.command_id, command_id, "a new command");
    assert_eq!((&again.args, &again.rejection), (&item.args, &item.rejection), "that meant the same");
}

async fn refused(desk: &Workstation) -> RejectedItem {
    let mut all = all_refused(desk).await;
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

async fn all_refused(desk: &Workstation) -> Vec<RejectedItem> {
    let items = desk.attention().await.unwrap().into_iter();
    items
        .map(|item| match item {
            AttentionItem::Rejected(item) => item,
            other => panic!("{other:?}"),
        })
        .collect()
}

fn session_clinic(clinic: &Clinic) -> String {
    clinic.house.clinic().to_owned()
}

async fn register_with_ihi(desk: &Workstation, family: &str) -> Result<(), Error> {
    let ihi = NewIdentifier {
        id: IdentifierId(Uuid::nil()),
        kind: IdentifierKind::Ihi,
        value: IHI.into(),
        reference: None,
        expires_on: None,
    };
    let args = RegisterPatient {
        patient_id: PatientId(Uuid::nil()),
        details: PatientDetails {
            title: None,
            family_name: family.into(),
            given_name: Some("Ruby".into()),
            preferred_name: None,
            birth_date: None,
            birth_date_accuracy: BirthDateAccuracy::Exact,
            sex: Sex::Female,
            gender: None,
            pronouns: None,
            indigenous_status: None,
            interpreter_language: None,
            usual_practitioner_id: None,
        },
        parts: PatientParts { identifiers: vec![ihi], ..PatientParts::default() },
    };
    desk.register_patient(args).await.map(drop)
}
