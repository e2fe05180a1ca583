//! A word of its own in every class of secret, through a stretch of a clinician's day that ends with a change of role; then
//! every file of the workstation is searched for it: both profiles' files and their journals, slots, tokens, the record of
//! what this computer is, the support file.
//!
//! Frames, the live stream and the server's own disk are searched by `sync-server/tests/server/seal/canary.rs`, freed pages of
//! files in the clear by `tests/tests/chaos/check/leak.rs`, images by `tests/tests/images/canary.rs`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use uuid::Uuid;
use wattle_domain::commands::{
    EditPatient, NewAlert, NewIdentifier, PatientParts, RecordAllergy, RestrictPatient, SignNote,
};
use wattle_domain::fields::{AlertPlace, AlertSeverity, AllergyKind, IdentifierKind};
use wattle_domain::{AlertId, AllergyId, IdentifierId, NoteId};
use wattle_protocol::ipc::FaultCode;
use wattle_protocol::ipc::record::{NoteDraft, RecordQuery};
use wattle_protocol::ipc::session::AppState;
use wattle_tests::desktop::Keyring;
use wattle_tests::house::Person;
use wattle_workstation::Error;

use crate::clinic::{
    Clinic, TestClock, found, register, sign_in, until_delivered, until_offline, until_ready, until_state,
};
use crate::desk::until_free;
use crate::inside::inside;

const LEE: Person = Person {
    username: "lee",
    display_name: "Dr Wei Lee",
    role: "practitioner",
    password: "zqcanary-password-of-lee",
    column: None,
};
/// By class: the desk's, the record's, what is not signed yet, what was typed and never taken.
const FRONT: &str = "Zqcanaryfront";
const NUMBER: &str = "ZQ40719358";
const CLINICAL: &str = "zqcanaryclinical";
const DRAFT: &str = "zqcanarydraft";
const WRONG: &str = "zqcanary-wrong-password";

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => files_below(&entry.path(), found),
            kind if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
}

/// Words that some file holds, in any case, as bytes or as UTF-16.
fn leaks(folder: &Path) -> BTreeSet<(String, String)> {
    let mut files = Vec::new();
    files_below(folder, &mut files);
    let mut leaks = BTreeSet::new();
    for path in &files {
        let bytes = std::fs::read(path).unwrap().to_ascii_lowercase();
        for word in [FRONT, NUMBER, CLINICAL, DRAFT, WRONG, LEE.password] {
            let low = word.to_lowercase();
            let wide: Vec<u8> = low.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let has = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
            if has(low.as_bytes()) || has(&wide) {
                leaks.insert((word.to_owned(), path.file_name().unwrap().to_string_lossy().into_owned()));
            }
        }
    }
    leaks
}

#[tokio::test]
async fn no_canary_is_in_a_file_of_the_workstation() {
    if !inside("canary::no_canary_is_in_a_file_of_the_workstation", Keyring::Unlocked).await {
        return;
    }
    let (mut clinic, clock) = (Clinic::open_with_key().await, TestClock::default());
    clinic.house.add_person(&LEE, None).unwrap();
    let desk = clinic.computer("dr-lee", &clock).await;
    let mut wrong = crate::clinic::credentials(&LEE, WRONG, None);
    assert!(matches!(desk.sign_in(wrong.clone()).await, Err(Error::WrongCredentials)));
    sign_in(&desk, &LEE).await.unwrap();
    until_ready(&desk).await;

    let patient_id = register(&desk, FRONT).await.unwrap();
    let parts = PatientParts {
        identifiers: vec![NewIdentifier {
            id: IdentifierId(Uuid::nil()),
            kind: IdentifierKind::Legacy,
            value: NUMBER.into(),
            reference: None,
            expires_on: None,
        }],
        alerts: vec![NewAlert {
            id: AlertId(Uuid::nil()),
            severity: AlertSeverity::Warning,
            text: FRONT.into(),
            place: AlertPlace::Opening,
            expires_on: None,
        }],
        ..PatientParts::default()
    };
    desk.edit_patient(EditPatient { patient_id, edits: Vec::new(), parts }).await.unwrap();
    let allergy = RecordAllergy {
        allergy_id: AllergyId(Uuid::nil()),
        patient_id,
        kind: AllergyKind::Allergy,
        substance: Some(CLINICAL.into()),
        code: None,
        reaction: Some(CLINICAL.into()),
        severity: None,
        onset_on: None,
    };
    desk.record_allergy(allergy).await.unwrap();
    let note = SignNote {
        note_id: NoteId(Uuid::nil()),
        patient_id,
        appointment_id: None,
        body: CLINICAL.into(),
        supersedes: None,
        amends: None,
    };
    desk.sign_note(note.clone()).await.unwrap();
    let draft = NoteDraft {
        note_id: NoteId(Uuid::nil()),
        patient_id,
        appointment_id: None,
        supersedes: None,
        amends: None,
        letter: None,
        body: DRAFT.into(),
        saved_at: wattle_domain::UtcInstant(0),
    };
    desk.save_draft(draft).await.unwrap();
    desk.restrict_patient(RestrictPatient { patient_id, restricted: true, open_to: Vec::new() })
        .await
        .unwrap();
    assert!(matches!(
        desk.clinical_record(RecordQuery { patient_id, all: true }).await,
        Err(Error::Restricted)
    ));
    until_delivered(&desk).await;

    // Something stays unsent, the screen is locked, support gets its file, and the app dies.
    clinic.house.kill_server();
    until_offline(&desk).await;
    register(&desk, &format!("{FRONT}unsent")).await.unwrap();
    let folder = clinic.data_dir("dr-lee");
    desk.write_support_bundle(&folder).await.unwrap();
    desk.lock().await.unwrap();
    let bundle = std::fs::read_dir(&folder)
        .unwrap()
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().contains("support"));
    assert!(bundle, "the support file is among those that are searched");
    assert_eq!(leaks(&folder), BTreeSet::new(), "while it stands open");
    drop(desk);

    let desk = until_free(&folder, &clock).await;
    clinic.house.start_server().await.unwrap();
    let sql = "update clinic.user_role set role = 'reception' where user_id = \
               (select id from clinic.user_account where username = 'lee')";
    clinic.house.script(sql).unwrap();
    sign_in(&desk, &LEE).await.unwrap();
    let told =
        |state: &AppState| matches!(state, AppState::SignedOut { notice: Some(FaultCode::RolesChanged), .. });
    until_state(&desk, told).await;
    sign_in(&desk, &LEE).await.unwrap();
    until_ready(&desk).await;
    // What was unsent goes out of the file it is in, and comes back into this one.
    clinic.until_count("select count(*) from clinic.patient", 2).await;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while found(&desk, FRONT).await < 2 {
        assert!(std::time::Instant::now() < deadline, "the desk's words are the desk's, the unsent one too");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    until_delivered(&desk).await;
    let refused = desk.clinical_record(RecordQuery { patient_id, all: true }).await;
    assert!(matches!(refused, Err(Error::NotFound)), "the record is not: {refused:?}");
    wrong.password = WRONG.into();
    desk.sign_out().await.unwrap();
    assert!(matches!(desk.sign_in(wrong).await, Err(Error::WrongCredentials)));
    desk.close().await;
    assert_eq!(leaks(&folder), BTreeSet::new(), "after the change of role");
    assert!(!clinic.house.server_log().to_lowercase().contains("zqcanary"), "nor in the server's log");
}
