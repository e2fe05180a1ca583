//! A command from the click to the server's row.

use ring::signature::{ED25519, UnparsedPublicKey};
use wattle_domain::commands::{EditPatient, FieldEdit, NewIdentifier, PatientParts, RecordArrival};
use wattle_domain::entities::PatientIdentifier;
use wattle_domain::fields::IdentifierKind;
use wattle_domain::{Envelope, Outcome, RejectionCode, Rev, TableName};
use wattle_local_store::{Store, SubmitError};
use wattle_protocol::ipc::attention::AttentionItem;
use wattle_protocol::ipc::daybook::DayBookQuery;
use wattle_protocol::push::{Answer, Verdict};

use super::cast::*;

fn today() -> DayBookQuery {
    DayBookQuery { from: "2026-11-23".parse().unwrap(), days: 1, practitioner_id: None }
}

fn b64(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

#[test]
fn a_booking_shows_at_once_goes_out_signed_and_loses_its_mark_when_the_server_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = desk(folder.path(), &[patient(1, "Maria", "Costa", "1963-02-01")]);
    let author = maria();
    let mut news = store.subscribe();
    let submitted = store.submit(&author, book(1, 1, 0)).unwrap();
    assert_eq!(submitted.decision_outcome, Outcome::Applied);
    assert!(submitted.changed.touches(TableName::Appointment));
    assert_eq!(news.try_recv().unwrap(), submitted.changed, "the page hears of it");

    let book_page = store.day_book(&today()).unwrap();
    let card = &book_page.cards[0];
    assert!(card.pending && card.new_patient);
    assert_eq!(card.patient_name, "COSTA Maria");
    assert_eq!(book_page.practitioners.len(), 2);

    let batch = store.outbox_batch(10, usize::MAX).unwrap();
    let envelope: Envelope = serde_json::from_str(&batch[0].payload).unwrap();
    assert_eq!((envelope.n, envelope.author, envelope.workstation), (1, MARIA, RECEPTION_1));
    let public = b64(&author.signing_key.public_base64());
    UnparsedPublicKey::new(&ED25519, public)
        .verify(batch[0].payload.as_bytes(), &b64(&batch[0].signature))
        .expect("the exact text is signed");

    store.record_answers(&[applied(submitted.command_id)]).unwrap();
    let facts = store.sync_facts().unwrap();
    assert_eq!((facts.outbox_len, facts.awaiting.as_slice()), (0, &[submitted.command_id][..]));
    assert!(store.day_book(&today()).unwrap().cards[0].pending, "its row has not come yet");

    let done =
        pull(&store, [frame(&[appointment(1, 1, 1, 0)]), checkpoint(2, vec![applied(submitted.command_id)])]);
    assert!(done.changed.touches(TableName::Appointment));
    assert!(!store.day_book(&today()).unwrap().cards[0].pending);
    assert!(store.sync_facts().unwrap().awaiting.is_empty());
}

#[test]
fn a_taken_slot_is_said_at_once_and_nothing_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let patients = [patient(1, "Maria", "Costa", "1963-02-01"), patient(2, "Sean", "O'Brien", "1970-01-01")];
    let store = desk(folder.path(), &patients);
    let author = maria();
    store.submit(&author, book(1, 1, 0)).unwrap();
    let Err(SubmitError::Rejected(no)) = store.submit(&author, book(2, 2, 10)) else { panic!("taken") };
    assert_eq!(no.code, RejectionCode::SlotTaken);
    assert!(!no.free.is_empty(), "free slots are offered");
    let facts = store.sync_facts().unwrap();
    assert_eq!((facts.outbox_len, facts.last_n), (1, 1), "no number was used up");
}

#[test]
fn a_rejection_of_the_server_undoes_the_effect_and_waits_for_somebody() {
    let folder = tempfile::tempdir().unwrap();
    let store = desk(folder.path(), &[patient(1, "Maria", "Costa", "1963-02-01")]);
    let submitted = store.submit(&maria(), book(1, 1, 0)).unwrap();
    let rejection = wattle_domain::Rejection::new(RejectionCode::SlotTaken);
    let verdict = Verdict::Rejected { rejection: rejection.clone() };
    let answer = Answer { command_id: submitted.command_id, verdict, duplicate: false };
    let changed = store.record_answers(&[answer]).unwrap();
    assert!(changed.touches(TableName::Appointment));
    assert!(store.day_book(&today()).unwrap().cards.is_empty());
    let items = store.attention(MARIA).unwrap();
    let AttentionItem::Rejected(item) = &items[0] else { panic!("a rejection") };
    assert_eq!(item.rejection.as_ref(), Some(&rejection));
    assert_eq!(item.name, "book_appointment");
    assert_eq!(
        (item.patient_name.as_deref(), item.by.as_deref()),
        (Some("COSTA Maria"), Some("Maria Costa"))
    );
    assert_eq!(store.sync_facts().unwrap().attention, 1);
    let aside = |store: &Store| match store.attention(MARIA).unwrap().remove(0) {
        AttentionItem::Rejected(item) => item.aside.map(|aside| aside.by_name),
        _ => panic!("a rejection"),
    };
    assert_eq!(aside(&store), None);
    assert!(store.set_aside(submitted.command_id, Some(MARIA)).unwrap());
    assert_eq!(aside(&store), Some(Some("Maria Costa".to_owned())), "who has dealt with it is kept");
    assert_eq!(store.sync_facts().unwrap().attention, 0);
    assert!(store.set_aside(submitted.command_id, None).unwrap());
    assert_eq!((aside(&store), store.sync_facts().unwrap().attention), (None, 1), "put back");
    assert!(store.set_aside(submitted.command_id, Some(MARIA)).unwrap());
    let kept: i64 =
        look(folder.path()).query_row("SELECT count(*) FROM outbox", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 1, "set aside is not thrown away");
}

#[test]
fn the_waiting_room_follows_the_arrival() {
    let folder = tempfile::tempdir().unwrap();
    let store = desk(folder.path(), &[patient(1, "Maria", "Costa", "1963-02-01")]);
    let author = maria();
    store.submit(&author, book(1, 1, 30)).unwrap();
    assert_eq!(store.waiting_room(NINE).unwrap().expected.len(), 1);
    store.submit(&author, RecordArrival { appointment_id: id(5, 1).into() }.into()).unwrap();
    let room = store.waiting_room(NINE).unwrap();
    assert!(room.expected.is_empty());
    let line = &room.waiting[0];
    assert_eq!((line.practitioner_name.as_str(), line.room_name.as_deref()), ("Dr Lee", Some("Room 1")));
    assert!(line.card.arrived_at.is_some());
    assert!(store.waiting_room(NINE.plus_minutes(24 * 60)).unwrap().waiting.is_empty(), "another day");
}

#[test]
fn a_record_shows_revisions_pending_rows_and_names() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mut frames = clinic_frames(&[patient(1, "Maria", "Costa", "1963-02-01")]);
    frames.extend([
        frame(&[phone(1, 1, "+61412345678")]),
        frame(&[address(1, 1, "6 Mill St", "Coburg")]),
        frame(&[alert(1, 1, None), alert(2, 1, Some("2026-11-22"))]),
        checkpoint(1, vec![]),
    ]);
    pull(&store, frames);
    let edit = FieldEdit {
        table: TableName::PatientContact,
        row_id: id(4, 1),
        field: "value".into(),
        seen_rev: Rev(1),
        was: "+61412345678".into(),
        now: "0498 765 432".into(),
    };
    let edit = EditPatient { patient_id: id(3, 1).into(), edits: vec![edit], parts: Default::default() };
    store.submit(&maria(), edit.into()).unwrap();
    let record = store.patient(id(3, 1).into()).unwrap().unwrap();
    assert_eq!(record.contacts[0].value, "+61498765432");
    assert_eq!(record.pending, [id(4, 1)]);
    assert_eq!(record.revs[&id(4, 1)], Rev(1));
    assert_eq!(record.alerts.len(), 1, "yesterday's alert has expired");
    assert_eq!(record.names[&MARIA], "Maria Costa", "who changed the phone");
    assert!(store.patient(id(3, 9).into()).unwrap().is_none());
    assert_eq!(store.practitioner_of(LEE).unwrap(), Some(id(1, 1).into()));
    assert_eq!(store.clinic().unwrap().unwrap().name, "Banksia Street");
}

#[test]
fn a_batch_keeps_to_its_size_but_never_stands_still() {
    let folder = tempfile::tempdir().unwrap();
    let store = desk(folder.path(), &[patient(1, "Maria", "Costa", "1963-02-01")]);
    let author = maria();
    for n in 1..=5 {
        store.submit(&author, book(n, 1, i64::try_from(n).unwrap() * 15)).unwrap();
    }
    assert_eq!(store.outbox_batch(3, usize::MAX).unwrap().len(), 3);
    assert_eq!(store.outbox_batch(10, 1).unwrap().len(), 1, "one that is too large still goes");
}

#[test]
fn numbers_go_on_above_what_the_server_has_seen() {
    let folder = tempfile::tempdir().unwrap();
    let store = desk(folder.path(), &[patient(1, "Maria", "Costa", "1963-02-01")]);
    store.skip_to_number(41).unwrap();
    store.skip_to_number(7).unwrap();
    store.submit(&maria(), book(1, 1, 0)).unwrap();
    assert_eq!(store.sync_facts().unwrap().last_n, 42);
}

#[test]
fn two_patients_with_one_line_of_a_medicare_card_are_told_and_a_family_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let people = [
        patient(1, "Mia", "Costa", "1963-02-01"),
        patient(2, "Leo", "Costa", "1961-05-04"),
        patient(3, "Mia", "Kosta", "1963-02-01"),
    ];
    let store = desk(folder.path(), &people);
    let card = |n: u128, patient: u128, reference: Option<&str>| PatientIdentifier {
        reference: reference.map(str::to_owned),
        ..identifier(n, patient, IdentifierKind::Medicare, "2950197513")
    };
    let told = |store: &Store| {
        let items = store.attention(MARIA).unwrap().into_iter();
        items
            .map(|item| match item {
                AttentionItem::SameCard(card) => card,
                other => panic!("{other:?}"),
            })
            .collect::<Vec<_>>()
    };
    let family = [card(1, 1, Some("1")), card(2, 2, Some("2")), card(4, 3, None)];
    pull(&store, [frame(&family), checkpoint(2, vec![])]);
    assert_eq!(told(&store), [], "a family has one number, each their own line");
    pull(&store, [frame(&[card(5, 2, Some("1"))]), checkpoint(3, vec![])]);
    assert_eq!(told(&store), [], "what an import brought is in the report of the move");
    // Another desk had typed the same line offline; here it is typed once more.
    let typed = NewIdentifier {
        id: id(7, 6).into(),
        kind: IdentifierKind::Medicare,
        value: "2950 19751 3".into(),
        reference: Some("1".into()),
        expires_on: None,
    };
    let parts = PatientParts { identifiers: vec![typed], ..PatientParts::default() };
    let edit = EditPatient { patient_id: id(3, 3).into(), edits: Vec::new(), parts };
    store.submit(&maria(), edit.into()).unwrap();
    let [same] = told(&store).try_into().unwrap();
    assert_eq!((same.number.as_str(), same.reference.as_str()), ("2950197513", "1"));
    let names: Vec<_> = same.patients.iter().map(|one| one.name.as_deref()).collect();
    let wanted = [Some("COSTA Mia"), Some("COSTA Leo"), Some("KOSTA Mia")];
    assert!(names.len() == 3 && wanted.iter().all(|name| names.contains(name)), "{names:?}");
    let line = FieldEdit {
        table: TableName::PatientIdentifier,
        row_id: id(7, 6),
        field: "reference".into(),
        seen_rev: Rev(0),
        was: serde_json::json!("1"),
        now: serde_json::json!("3"),
    };
    let parts = PatientParts::default();
    let edit = EditPatient { patient_id: id(3, 3).into(), edits: vec![line], parts };
    store.submit(&maria(), edit.into()).unwrap();
    assert_eq!(told(&store), [], "put right");
}
