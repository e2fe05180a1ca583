//! The clinical record on a workstation: seen at once, drafts that survive, nothing in a file of the desk.

use serde_json::Map;
use wattle_domain::commands::{
    NewObservation, RecordAllergy, RecordMedication, RecordObservations, SignNote, WriteLetter,
};
use wattle_domain::entities::{Allergy, ClinicalNote, Medication, Observation};
use wattle_domain::fields::{AllergyKind, EntryStatus, NoteKind, ObservationCode};
use wattle_domain::substance::Meets;
use wattle_domain::{FeedClass, FeedSeq, LetterId, NoteId, PatientId};
use wattle_local_store::{Identity, Store};
use wattle_protocol::ipc::record::{LetterPart, NEWEST_NOTES, NoteDraft, RecordQuery};
use wattle_protocol::ipc::scans::Scan;
use wattle_protocol::pull::Frame;

use super::cast::*;

const MIA: PatientId = PatientId(uuid::Uuid::from_u128((3 << 64) | 1));

/// A clinician's file.
fn clinician(folder: &std::path::Path) -> Store {
    let clock = std::sync::Arc::new(HandClock(NINE.0.into()));
    let identity = Identity { profile: "ref-front-clinical".into(), ..identity() };
    Store::open(&folder.join("clinic.db"), &key(), identity, clock).unwrap()
}

fn with_mia(folder: &std::path::Path) -> Store {
    let store = clinician(folder);
    let mut frames = clinic_frames(&[patient(1, "Mia", "Costa", "1963-02-01")]);
    frames.push(checkpoint(1, vec![]));
    pull(&store, frames);
    store
}

fn all() -> RecordQuery {
    RecordQuery { patient_id: MIA, all: true }
}

fn draft(n: u128, body: &str) -> NoteDraft {
    NoteDraft {
        note_id: id(20, n).into(),
        patient_id: MIA,
        appointment_id: None,
        supersedes: None,
        amends: None,
        body: body.into(),
        letter: None,
        saved_at: NINE,
    }
}

fn sign(n: u128, body: &str) -> SignNote {
    SignNote {
        note_id: NoteId(id(20, n)),
        patient_id: MIA,
        appointment_id: None,
        body: body.into(),
        supersedes: None,
        amends: None,
    }
}

#[test]
fn what_is_entered_shows_at_once_with_its_mark_and_an_allergy_that_nobody_answered_for() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_mia(folder.path());
    let author = maria();
    let medicine = RecordMedication {
        medication_id: id(22, 1).into(),
        patient_id: MIA,
        code: Some("amoxicillin".into()),
        text: "Amoxicillin 500 mg".into(),
        directions: None,
        quantity: None,
        repeats: None,
        reason: None,
        started_on: None,
        allergy_override: None,
    };
    store.submit(&author, medicine.into()).unwrap();
    assert!(store.clinical_record(all(), MARIA).unwrap().unanswered.is_empty());
    // Written down elsewhere, and pulled a moment later: nobody could see it while prescribing.
    let penicillin = Allergy {
        id: id(21, 1).into(),
        patient_id: MIA,
        kind: AllergyKind::Allergy,
        substance: Some("Penicillin".into()),
        code: Some("penicillin".into()),
        reaction: Some("rash".into()),
        severity: None,
        onset_on: None,
        status: EntryStatus::Active,
        field_changes: Map::new(),
    };
    pull(&store, [frame(&[penicillin]), checkpoint(2, vec![])]);
    let record = store.clinical_record(all(), MARIA).unwrap();
    assert_eq!(record.unanswered, [(id(22, 1), vec![(id(21, 1), Meets::Class)])]);
    assert_eq!(record.pending, [id(22, 1)], "the allergy is the server's, the medicine not yet");
    assert_eq!((record.total, record.shown), (2, 2));
    assert_eq!(record.made[&id(22, 1)].by, Some(MARIA));
    assert_eq!(record.names[&MARIA], "Maria Costa");
    let nil = RecordAllergy {
        allergy_id: id(21, 2).into(),
        patient_id: MIA,
        kind: AllergyKind::NilKnown,
        substance: None,
        code: None,
        reaction: None,
        severity: None,
        onset_on: None,
    };
    assert!(store.submit(&author, nil.into()).is_err(), "an allergy stands");
}

#[test]
fn a_value_that_was_put_right_shows_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_mia(folder.path());
    let weight = |n: u128, value: Option<i64>, supersedes: Option<u128>| {
        let it = NewObservation {
            id: id(23, n).into(),
            code: ObservationCode::Weight,
            value_milli: value,
            second_milli: None,
            unit: "kg".into(),
            comment: None,
            supersedes: supersedes.map(|n| id(23, n).into()),
        };
        RecordObservations {
            patient_id: MIA,
            appointment_id: None,
            effective_at: NINE,
            observations: vec![it],
        }
    };
    let shown = || {
        let record = store.clinical_record(all(), MARIA).unwrap();
        (record.observations.iter().map(|o| o.value_milli.unwrap()).collect::<Vec<_>>(), record.total)
    };
    store.submit(&maria(), weight(1, Some(350_000), None).into()).unwrap();
    assert_eq!(shown(), (vec![350_000], 1));
    store.submit(&maria(), weight(2, Some(70_000), Some(1)).into()).unwrap();
    assert_eq!(shown(), (vec![70_000], 1));
    store.submit(&maria(), weight(3, None, Some(2)).into()).unwrap();
    assert_eq!(shown(), (vec![], 0));
}

#[test]
fn a_draft_survives_belongs_to_its_author_and_ends_with_its_note() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_mia(folder.path());
    assert!(store.save_draft(MARIA, draft(1, "Cough")).unwrap());
    assert!(store.save_draft(MARIA, draft(1, "Cough, three days")).unwrap());
    assert!(!store.save_draft(LEE, draft(1, "mine")).unwrap(), "it is hers");
    let texts = |store: &Store, viewer| {
        let drafts = store.clinical_record(all(), viewer).unwrap().drafts;
        drafts.into_iter().map(|d| d.body).collect::<Vec<_>>()
    };
    drop(store);
    let store = clinician(folder.path());
    assert_eq!(texts(&store, MARIA), ["Cough, three days"]);
    assert_eq!(texts(&store, LEE), [""; 0], "nobody else reads it");

    // Cut off between the note and the end of the draft.
    store.submit(&maria(), sign(1, "Cough, three days").into()).unwrap();
    assert_eq!(texts(&store, MARIA), [""; 0], "its note is there");
    assert!(store.save_draft(MARIA, draft(2, "next")).unwrap());
    let left: i64 =
        look(folder.path()).query_row("SELECT count(*) FROM note_draft", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 1, "what was signed is swept away");
    store.discard_draft(LEE, id(20, 2).into()).unwrap();
    assert_eq!(texts(&store, MARIA), ["next"], "it is not Lee's to throw away");
    store.discard_draft(MARIA, id(20, 2).into()).unwrap();
    assert_eq!(texts(&store, MARIA), [""; 0]);
}

#[test]
fn a_draft_of_a_letter_is_kept_as_that_of_a_note_and_ends_with_its_letter() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_mia(folder.path());
    let part = LetterPart {
        provider_id: Some(id(31, 1).into()),
        recipient: "Dr Raman\n1 High Street".into(),
        subject: "Referral".into(),
    };
    let letter = NoteDraft { letter: Some(part.clone()), ..draft(7, "Dear Priya,") };
    assert!(store.save_draft(MARIA, letter).unwrap());
    assert!(store.save_draft(MARIA, draft(8, "Cough")).unwrap());
    drop(store);
    let store = clinician(folder.path());
    let drafts = store.clinical_record(all(), MARIA).unwrap().drafts;
    let kept: Vec<_> = drafts.iter().map(|d| (d.body.as_str(), d.letter.as_ref())).collect();
    assert!(kept.contains(&("Dear Priya,", Some(&part))) && kept.contains(&("Cough", None)), "{kept:?}");

    // Cut off between the letter and the end of its draft.
    let filed = WriteLetter {
        letter_id: LetterId(id(20, 7)),
        patient_id: MIA,
        provider_id: part.provider_id,
        recipient: part.recipient,
        subject: part.subject,
        body: "Dear Priya,".into(),
        document_id: None,
    };
    store.submit(&maria(), filed.into()).unwrap();
    let drafts = store.clinical_record(all(), MARIA).unwrap().drafts;
    assert_eq!(drafts.iter().map(|d| d.body.as_str()).collect::<Vec<_>>(), ["Cough"], "its letter is there");
}

#[test]
fn a_damaged_file_hands_its_drafts_on() {
    let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = with_mia(old.path());
    store.save_draft(MARIA, draft(1, "Cough")).unwrap();
    store.submit(&maria(), sign(2, "Seen").into()).unwrap();
    let scan = Scan {
        id: id(40, 1).into(),
        name: "scan.pdf".into(),
        mime: "application/pdf".into(),
        size_bytes: 7,
        taken_at: NINE,
    };
    store.take_scan(scan.clone(), "0".repeat(64)).unwrap();
    drop(store);
    let into = with_mia(new.path());
    assert_eq!(Store::recover_outbox(&old.path().join("clinic.db"), &key(), &into).unwrap(), 1);
    let record = into.clinical_record(all(), MARIA).unwrap();
    assert_eq!((record.drafts.len(), record.notes.len()), (1, 1));
    assert_eq!(into.scans().unwrap().0, [scan], "a scan that nobody has filed goes on waiting");
}

#[test]
fn a_large_record_comes_with_its_newest_first_and_says_how_much_more_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_mia(folder.path());
    let notes: Vec<ClinicalNote> = (0..100)
        .map(|n| ClinicalNote {
            id: id(20, n).into(),
            patient_id: MIA,
            appointment_id: None,
            kind: NoteKind::Note,
            body: format!("Note {n}"),
            author_id: LEE,
            signed_at: NINE.plus_minutes(n as i64),
            supersedes: None,
            amends: None,
        })
        .collect();
    let observations: Vec<Observation> = (0..300)
        .map(|n| Observation {
            id: id(23, n).into(),
            patient_id: MIA,
            appointment_id: None,
            code: ObservationCode::Weight,
            value_milli: Some(70_000),
            second_milli: None,
            unit: "kg".into(),
            effective_at: NINE.plus_minutes(n as i64),
            comment: None,
            supersedes: None,
        })
        .collect();
    pull(&store, [frame(&notes), frame(&observations), checkpoint(2, vec![])]);
    let newest = store.clinical_record(RecordQuery { patient_id: MIA, all: false }, LEE).unwrap();
    assert_eq!((newest.notes.len(), newest.notes[0].body.as_str()), (NEWEST_NOTES, "Note 99"));
    assert_eq!((newest.shown, newest.total), (240, 400));
    assert_eq!(newest.names[&LEE], "Ann Lee");
    let whole = store.clinical_record(all(), LEE).unwrap();
    assert_eq!((whole.shown, whole.notes.len()), (400, 100));
}

#[test]
fn the_desks_file_takes_no_row_of_the_record() {
    let folder = tempfile::tempdir().unwrap();
    let store = desk(folder.path(), &[patient(1, "Mia", "Costa", "1963-02-01")]);
    let medicine = Medication {
        id: id(22, 1).into(),
        patient_id: MIA,
        code: None,
        text: "Methadone".into(),
        directions: None,
        quantity: None,
        repeats: None,
        reason: None,
        started_on: None,
        ended_on: None,
        allergy_override: None,
        status: EntryStatus::Active,
        field_changes: Map::new(),
    };
    let mut pull = store.begin_pull().unwrap();
    let frames = [
        frame(&[medicine]),
        Frame::Page { feed: FeedClass::Clinical, to: FeedSeq(9) },
        checkpoint(2, vec![]),
    ];
    let taken =
        frames.into_iter().try_for_each(|frame| pull.frame(frame)).and_then(|()| pull.finish().map(drop));
    assert!(taken.is_err(), "frames of a feed that this file may not hold are refused");
    let rows: i64 =
        look(folder.path()).query_row("SELECT count(*) FROM medication", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 0);
}
