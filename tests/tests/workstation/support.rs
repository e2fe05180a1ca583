//! The support file: what helps, and not one letter about a patient.

use uuid::Uuid;
use wattle_domain::commands::{
    NewAddress, NewAlert, NewContact, NewIdentifier, PatientDetails, PatientParts, RegisterPatient,
};
use wattle_domain::fields::{
    AddressKind, AlertPlace, AlertSeverity, BirthDateAccuracy, ContactKind, IdentifierKind, Sex,
};
use wattle_domain::{AddressId, AlertId, ContactId, IdentifierId, PatientId};
use wattle_protocol::ipc::sync::Standing;
use wattle_tests::desktop::Keyring;
use wattle_workstation::{Error, Workstation};

use crate::clinic::{
    Clinic, MARIA, TestClock, sign_in, until_delivered, until_offline, until_ready, until_sync,
};
use crate::inside::inside;

/// In every text that a patient's record takes.
const CANARY: &str = "Zzyxcanary";
const CANARY_PHONE: &str = "0491570159";
const CANARY_BIRTH: &str = "1931-07-19";

#[tokio::test]
async fn a_support_file_helps_and_says_nothing_about_anybody() {
    if !inside("support::a_support_file_helps_and_says_nothing_about_anybody", Keyring::Unlocked).await {
        return;
    }
    let (mut clinic, clock) = (Clinic::open().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    register(&desk).await.unwrap();
    until_delivered(&desk).await;
    clinic.house.kill_server();
    until_offline(&desk).await;
    register(&desk).await.unwrap();
    until_sync(&desk, |state| state.waiting == 1).await;
    // A line that breaks the rule of the log must not leave the computer either.
    let logs = clinic.data_dir("reception-1").join("logs");
    std::fs::create_dir_all(&logs).unwrap();
    let line = format!(
        "{{\"level\":\"INFO\",\"fields\":{{\"message\":\"started\",\"patient\":\"{CANARY}\",\"rows\":7}}}}\n"
    );
    std::fs::write(logs.join("wattle.log"), line).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let bundle = desk.write_support_bundle(folder.path()).await.unwrap();
    let files: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "nothing is left beside it");
    assert_eq!(files[0].display().to_string(), bundle.path);
    let text = std::fs::read_to_string(&files[0]).unwrap();
    assert_eq!(text.len() as u64, bundle.bytes);
    let low = text.to_lowercase();
    for canary in [
        CANARY,
        CANARY_PHONE,
        "491570159",
        "491 570 159",
        CANARY_BIRTH,
        "19 jul 1931",
        MARIA.display_name,
        MARIA.password,
    ] {
        assert!(!low.contains(&canary.to_lowercase()), "{canary} is in the support file");
    }
    let root = clinic.data_dir("");
    assert!(!text.contains(&root.display().to_string()), "no path of this computer");

    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    // The first one's rows may not have come back before the server went.
    let line = json["sync"]["file"]["outbox"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (line["name"].as_str(), line["standing"].as_str()),
        (Some("register_patient"), Some("waiting"))
    );
    assert_eq!(json["sync"]["state"]["connection"]["is"], "offline");
    assert!(json["sync"]["state"]["cursors"].as_array().unwrap().len() >= 2);
    assert_eq!(json["log"][0]["rows"], 7);
    assert_eq!(json["log"][0]["message"], "started");
    assert_eq!(json["log"][0]["patient"], "(left out)");

    let page = desk.sync_page().await.unwrap();
    assert_eq!(page.file.counts.waiting, 1);
    assert_eq!(page.file.outbox.last().map(|line| line.standing), Some(Standing::Waiting));
    assert!(page.file.file_bytes > 50_000 && page.file.replica.is_some());
}

async fn register(desk: &Workstation) -> Result<(), Error> {
    let canary = || CANARY.to_owned();
    let parts = PatientParts {
        contacts: vec![NewContact {
            id: ContactId(Uuid::nil()),
            kind: ContactKind::Mobile,
            value: CANARY_PHONE.into(),
            name: Some(canary()),
            note: Some(canary()),
            preferred: true,
        }],
        identifiers: vec![NewIdentifier {
            id: IdentifierId(Uuid::nil()),
            kind: IdentifierKind::Private,
            value: canary(),
            reference: None,
            expires_on: None,
        }],
        addresses: vec![NewAddress {
            id: AddressId(Uuid::nil()),
            kind: AddressKind::Home,
            line1: canary(),
            line2: Some(canary()),
            suburb: Some(canary()),
            state: None,
            postcode: None,
        }],
        alerts: vec![NewAlert {
            id: AlertId(Uuid::nil()),
            severity: AlertSeverity::Warning,
            text: canary(),
            place: AlertPlace::Opening,
            expires_on: None,
        }],
    };
    let details = PatientDetails {
        title: Some(canary()),
        family_name: canary(),
        given_name: Some(canary()),
        preferred_name: Some(canary()),
        birth_date: Some(CANARY_BIRTH.parse().unwrap()),
        birth_date_accuracy: BirthDateAccuracy::Exact,
        sex: Sex::Female,
        gender: Some(canary()),
        pronouns: Some(canary()),
        indigenous_status: None,
        interpreter_language: Some(canary()),
        usual_practitioner_id: None,
    };
    let args = RegisterPatient { patient_id: PatientId(Uuid::nil()), details, parts };
    desk.register_patient(args).await.map(drop)
}
