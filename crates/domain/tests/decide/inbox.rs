//! Results, letters, the address book, consents.

use serde_json::json;
use wattle_domain::commands::{
    ActionResult, EditProvider, FieldEdit, ProviderDetails, RecallFrom, RecordConsent, RecordProvider,
    RecordResult, WriteLetter,
};
use wattle_domain::entities::{Conflict, Consent, ExternalProvider, InboxItem, Letter, Recall};
use wattle_domain::fields::{ConsentKind, ResultAction};
use wattle_domain::{
    ConsentId, InboxItemId, LetterId, Outcome, PatientId, ProviderId, RecallId, RejectionCode, Rev, Role,
    TableName, UserId, WorkstationId,
};

use crate::map_store::{Author, DR_LEE, MARIA, MapStore, dr_lee, reception, uuid};

fn nurse() -> Author {
    Author { user: UserId(uuid(3)), role: Role::Nurse, workstation: WorkstationId(uuid(0x53)) }
}

fn result(n: u128, abnormal: bool) -> RecordResult {
    RecordResult {
        item_id: InboxItemId(uuid(0xe1000 + n)),
        patient_id: MARIA,
        practitioner_id: Some(DR_LEE),
        title: " Full blood count ".into(),
        source: Some("Pathology".into()),
        text: Some("Hb 92".into()),
        document_id: None,
        abnormal,
    }
}

fn act(n: u128, action: ResultAction, note: Option<&str>) -> ActionResult {
    ActionResult {
        item_id: InboxItemId(uuid(0xe1000 + n)),
        patient_id: MARIA,
        action,
        note: note.map(str::to_owned),
        recall: None,
    }
}

#[test]
fn a_result_leaves_the_inbox_by_one_action() {
    let mut store = MapStore::with_a_clinic();
    store.run(&nurse(), result(1, false)).unwrap();
    let waiting = store.get::<InboxItem>(uuid(0xe1001));
    assert_eq!((waiting.title.as_str(), waiting.action), ("Full blood count", None));
    store.run(&dr_lee(), act(1, ResultAction::Told, Some("rang her"))).unwrap();
    let done = store.get::<InboxItem>(uuid(0xe1001));
    assert_eq!((done.action, done.actioned_by), (Some(ResultAction::Told), Some(dr_lee().user)));
    assert_eq!(done.action_note.as_deref(), Some("rang her"));
    let no = store.run(&nurse(), act(1, ResultAction::Repeat, None)).unwrap_err();
    assert_eq!(no.code, RejectionCode::AlreadyResolved, "who comes second is told");
}

#[test]
fn nothing_to_do_about_something_out_of_the_ordinary_needs_a_word() {
    let mut store = MapStore::with_a_clinic();
    store.run(&nurse(), result(1, true)).unwrap();
    for silent in [None, Some("   ")] {
        let no = store.run(&dr_lee(), act(1, ResultAction::NoAction, silent)).unwrap_err();
        assert_eq!(no.field.as_deref(), Some("note"));
    }
    store.run(&dr_lee(), act(1, ResultAction::NoAction, Some("known, stable"))).unwrap();
}

#[test]
fn a_recall_is_made_with_the_action_or_not_at_all() {
    let mut store = MapStore::with_a_clinic();
    store.run(&nurse(), result(1, true)).unwrap();
    let without = act(1, ResultAction::Recall, None);
    assert_eq!(store.run(&dr_lee(), without.clone()).unwrap_err().field.as_deref(), Some("recall"));
    let recall = RecallFrom {
        recall_id: RecallId(uuid(0xe2001)),
        due_on: "2027-01-04".parse().unwrap(),
        reason: "Anaemia: see the doctor".into(),
    };
    let other = ActionResult { recall: Some(recall.clone()), ..act(1, ResultAction::Told, None) };
    assert_eq!(store.run(&dr_lee(), other).unwrap_err().field.as_deref(), Some("recall"));
    store.run(&dr_lee(), ActionResult { recall: Some(recall), ..without }).unwrap();
    let made = store.get::<Recall>(uuid(0xe2001));
    assert_eq!((made.patient_id, made.practitioner_id), (MARIA, Some(DR_LEE)));
}

#[test]
fn a_result_is_that_of_its_patient_and_not_for_the_desk() {
    let mut store = MapStore::with_a_clinic();
    store.run(&nurse(), result(1, false)).unwrap();
    let other = ActionResult { patient_id: PatientId(uuid(0xa404)), ..act(1, ResultAction::Told, None) };
    assert_eq!(store.run(&dr_lee(), other).unwrap_err().code, RejectionCode::NotFound);
    let desk = store.run(&reception(), act(1, ResultAction::Told, None)).unwrap_err();
    assert_eq!(desk.code, RejectionCode::NotAllowed);
}

fn letter(n: u128) -> WriteLetter {
    WriteLetter {
        letter_id: LetterId(uuid(0xe3000 + n)),
        patient_id: MARIA,
        provider_id: Some(ProviderId(uuid(0xe404))),
        recipient: "Dr Raman\n1 High St".into(),
        subject: "Referral".into(),
        body: "Dear Priya, thank you.".into(),
        document_id: None,
    }
}

#[test]
fn a_letter_stands_whatever_becomes_of_the_address_book() {
    let mut store = MapStore::with_a_clinic();
    store.run(&dr_lee(), letter(1)).unwrap();
    let filed = store.get::<Letter>(uuid(0xe3001));
    assert_eq!((filed.author_id, filed.body.as_str()), (dr_lee().user, "Dear Priya, thank you."));
    assert_eq!(store.run(&dr_lee(), letter(1)).unwrap_err().code, RejectionCode::AlreadyExists);
    for (empty, field) in [
        (WriteLetter { body: " \n".into(), ..letter(2) }, "body"),
        (WriteLetter { recipient: String::new(), ..letter(2) }, "recipient"),
        (WriteLetter { subject: String::new(), ..letter(2) }, "subject"),
        (WriteLetter { body: "Dear {{provider.name}},".into(), ..letter(2) }, "body"),
    ] {
        assert_eq!(store.run(&dr_lee(), empty).unwrap_err().field.as_deref(), Some(field));
    }
    assert_eq!(store.run(&reception(), letter(2)).unwrap_err().code, RejectionCode::NotAllowed);
}

fn in_the_book(field: &str, was: &str, now: &str) -> EditProvider {
    EditProvider {
        edits: vec![FieldEdit {
            table: TableName::ExternalProvider,
            row_id: uuid(0xe5001),
            field: field.into(),
            seen_rev: Rev(1),
            was: json!(was),
            now: json!(now),
        }],
    }
}

#[test]
fn two_words_about_a_phone_in_the_address_book_are_both_kept() {
    let mut store = MapStore::with_a_clinic();
    let details = ProviderDetails {
        name: "Dr Priya Raman".into(),
        phone: Some("02 9550 0000".into()),
        ..ProviderDetails::default()
    };
    store.run(&reception(), RecordProvider { provider_id: ProviderId(uuid(0xe5001)), details }).unwrap();
    store.run(&reception(), in_the_book("phone", "02 9550 0000", "02 9550 1111")).unwrap();
    let second = store.run(&dr_lee(), in_the_book("phone", "02 9550 0000", "02 9550 2222")).unwrap();
    assert_eq!(second.outcome, Outcome::Conflict);
    assert_eq!(store.get::<ExternalProvider>(uuid(0xe5001)).phone.as_deref(), Some("02 9550 2222"));
    let [both] = store.all::<Conflict>().try_into().unwrap();
    assert_eq!((both.patient_id, &both.other_value), (None, &json!("02 9550 1111")));
    let nameless = store.run(&reception(), in_the_book("name", "Dr Priya Raman", " ")).unwrap_err();
    assert_eq!(nameless.field.as_deref(), Some("name"));
}

#[test]
fn a_consent_only_grows() {
    let mut store = MapStore::with_a_clinic();
    for (n, given) in [(1, true), (2, false)] {
        let word = RecordConsent {
            consent_id: ConsentId(uuid(0xe6000 + n)),
            patient_id: MARIA,
            kind: ConsentKind::ShareRecord,
            given,
            note: "in person".into(),
        };
        store.run(&reception(), word).unwrap();
    }
    assert_eq!(store.all::<Consent>().len(), 2);
    assert!(store.get::<Consent>(uuid(0xe6001)).given, "the first word is still there");
}
