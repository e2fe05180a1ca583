//! Letters, papers, results and a record out of the house: offline, then delivered.

use serde_json::Value;
use uuid::Uuid;
use wattle_domain::PatientId;
use wattle_domain::commands::{
    ActionResult, NoteDaySheet, ProviderDetails, RecallFrom, RecordAllergy, RecordConsent, RecordProvider,
    RecordResult,
};
use wattle_domain::fields::{AllergyKind, ConsentKind, ResultAction};
use wattle_domain::letter::{TEMPLATES, merge, unmerged};
use wattle_protocol::ipc::letters::{AddressBookQuery, LetterDraft, LetterFieldsQuery};
use wattle_protocol::ipc::papers::{PaperQuery, PaperText};
use wattle_protocol::ipc::patients::PatientQuery;
use wattle_protocol::ipc::record::RecordQuery;
use wattle_protocol::ipc::results::InboxQuery;
use wattle_tests::desktop::Keyring;
use wattle_tests::house::Person;
use wattle_workstation::{Error, Workstation};

use crate::clinic::{
    Clinic, MARIA, TestClock, register, sign_in, until_delivered, until_offline, until_ready,
};
use crate::inside::inside;

const NINA: Person = Person {
    username: "nina",
    password: "waratah-and-banksia-3",
    display_name: "Nina Okafor",
    role: "nurse",
    column: None,
};

fn nil<T: From<Uuid>>() -> T {
    T::from(Uuid::nil())
}

async fn patient(desk: &Workstation) -> PatientId {
    register(desk, "Nguyen").await.unwrap()
}

#[tokio::test]
async fn a_letter_is_written_offline_from_a_template_and_filed() {
    if !inside("letters::a_letter_is_written_offline_from_a_template_and_filed", Keyring::Unlocked).await {
        return;
    }
    let (mut clinic, clock) = (Clinic::open().await, TestClock::default());
    clinic.house.add_person(&NINA, None).unwrap();
    let desk = clinic.computer("nurse-1", &clock).await;
    sign_in(&desk, &NINA).await.unwrap();
    until_ready(&desk).await;
    clinic.house.kill_server();
    until_offline(&desk).await;

    let patient_id = patient(&desk).await;
    let allergy = RecordAllergy {
        allergy_id: nil(),
        patient_id,
        kind: AllergyKind::Allergy,
        substance: Some("Penicillin".into()),
        code: None,
        reaction: Some("rash".into()),
        severity: None,
        onset_on: None,
    };
    desk.record_allergy(allergy).await.unwrap();
    let details = ProviderDetails {
        name: "Dr Priya Raman".into(),
        profession: Some("Cardiologist".into()),
        ..ProviderDetails::default()
    };
    desk.record_provider(RecordProvider { provider_id: nil(), details }).await.unwrap();
    let found =
        desk.address_book(AddressBookQuery { query: "cardio raman".into(), closed: false }).await.unwrap();
    assert_eq!((found.len(), found[0].pending), (1, true));
    assert!(
        desk.address_book(AddressBookQuery { query: "surgeon".into(), closed: false })
            .await
            .unwrap()
            .is_empty()
    );

    let provider_id = Some(found[0].provider.id);
    let fields = desk.letter_fields(LetterFieldsQuery { patient_id, provider_id }).await.unwrap();
    let template = TEMPLATES.iter().find(|template| template.id == "referral").unwrap();
    let mut draft = LetterDraft {
        letter_id: None,
        patient_id,
        provider_id,
        recipient: "Dr Priya Raman".into(),
        subject: template.subject.into(),
        body: template.body.into(),
    };
    let open = desk.write_letter(draft.clone(), None).await;
    assert!(matches!(open, Err(Error::Rejected(_))), "a letter with an open field stays here: {open:?}");
    draft.body = merge(template.body, &fields).replace("{{patient.born}}", "on a day that nobody knows");
    assert_eq!(unmerged(&draft.body), [] as [&str; 0], "{}", draft.body);
    assert!(
        draft.body.contains("Dr Priya Raman") && draft.body.contains("Penicillin: rash"),
        "{}",
        draft.body
    );
    let written = desk.write_letter(draft, None).await.unwrap();
    let PaperText::Letter(paper) =
        desk.paper(PaperQuery::Letter { letter_id: written.id.into() }).await.unwrap()
    else {
        panic!("a letter")
    };
    assert_eq!(
        (paper.signature.as_slice(), paper.subject.as_str()),
        ([NINA.display_name.to_owned()].as_slice(), "Referral")
    );
    let record = desk.clinical_record(RecordQuery { patient_id, all: true }).await.unwrap();
    assert_eq!(record.letters.len(), 1);

    clinic.house.start_server().await.unwrap();
    desk.sync_now().await.unwrap();
    until_delivered(&desk).await;
    assert_eq!(clinic.house.count("select count(*) from clinic.letter").unwrap(), 1);
}

#[tokio::test]
async fn a_result_is_acted_on_and_becomes_a_recall() {
    if !inside("letters::a_result_is_acted_on_and_becomes_a_recall", Keyring::Unlocked).await {
        return;
    }
    let (clinic, clock) = (Clinic::open().await, TestClock::default());
    clinic.house.add_person(&NINA, None).unwrap();
    let desk = clinic.computer("nurse-1", &clock).await;
    sign_in(&desk, &NINA).await.unwrap();
    until_ready(&desk).await;
    let patient_id = patient(&desk).await;
    for (title, abnormal) in [("Urine", false), ("Full blood count", true)] {
        let result = RecordResult {
            item_id: nil(),
            patient_id,
            practitioner_id: None,
            title: title.into(),
            source: None,
            text: Some("Hb 92".into()),
            document_id: None,
            abnormal,
        };
        desk.record_result(result).await.unwrap();
    }
    let inbox = desk.results(InboxQuery::default()).await.unwrap();
    let titles: Vec<&str> = inbox.items.iter().map(|line| line.item.title.as_str()).collect();
    assert_eq!(titles, ["Full blood count", "Urine"], "what is out of the ordinary comes first");
    assert!(inbox.items[0].patient_name.starts_with("NGUYEN"), "{}", inbox.items[0].patient_name);
    let recall =
        RecallFrom { recall_id: nil(), due_on: "2027-03-01".parse().unwrap(), reason: "Anaemia".into() };
    let act = ActionResult {
        item_id: inbox.items[0].item.id,
        patient_id,
        action: ResultAction::Recall,
        note: None,
        recall: Some(recall),
    };
    desk.action_result(act.clone()).await.unwrap();
    assert!(matches!(desk.action_result(act).await, Err(Error::Rejected(_))), "once is enough");
    assert_eq!(desk.results(InboxQuery::default()).await.unwrap().items.len(), 1);
    assert_eq!(desk.patient(PatientQuery { id: patient_id }).await.unwrap().recalls.len(), 1);
    until_delivered(&desk).await;
    assert_eq!(
        clinic.house.count("select count(*) from clinic.inbox_item where action = 'recall'").unwrap(),
        1
    );
}

#[tokio::test]
async fn a_record_leaves_the_house_with_consent_only_and_the_log_says_so() {
    let name = "letters::a_record_leaves_the_house_with_consent_only_and_the_log_says_so";
    if !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (clinic, clock) = (Clinic::open().await, TestClock::default());
    clinic.house.add_person(&NINA, None).unwrap();
    let desk = clinic.computer("nurse-1", &clock).await;
    sign_in(&desk, &NINA).await.unwrap();
    until_ready(&desk).await;
    let patient_id = patient(&desk).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(desk.fhir_name(patient_id).await.unwrap());
    let word = |given: bool| RecordConsent {
        consent_id: nil(),
        patient_id,
        kind: ConsentKind::ShareRecord,
        given,
        note: "in person".into(),
    };
    let no = desk.export_fhir(patient_id, &path).await;
    assert!(matches!(no, Err(Error::Rejected(_))), "nobody has asked: {no:?}");
    desk.record_consent(word(true)).await.unwrap();
    desk.export_fhir(patient_id, &path).await.unwrap();
    let document: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!((&document["resourceType"], &document["type"]), (&"Bundle".into(), &"document".into()));
    clock.hours_later(1);
    desk.record_consent(word(false)).await.unwrap();
    let elsewhere = folder.path().join("again.json");
    assert!(
        matches!(desk.export_fhir(patient_id, &elsewhere).await, Err(Error::Rejected(_))),
        "it was taken back"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing half-done is left");
    until_delivered(&desk).await;
    let logged = "select count(*) from clinic.audit_event where action = 'export_record'";
    assert_eq!(clinic.house.count(logged).unwrap(), 1);
}

#[tokio::test]
async fn the_day_on_paper_is_in_the_log_and_not_for_everybody_a_letter() {
    let name = "letters::the_day_on_paper_is_in_the_log_and_not_for_everybody_a_letter";
    if !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (clinic, clock) = (Clinic::open().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    let patient_id = patient(&desk).await;
    let date = "2026-11-23".parse().unwrap();
    let PaperText::DaySheet(sheet) = desk.paper(PaperQuery::DaySheet { date }).await.unwrap() else {
        panic!("a day sheet")
    };
    assert_eq!(sheet.date, "Mon 23 Nov 2026");
    let PaperText::Labels(labels) =
        desk.paper(PaperQuery::Labels { patient_id, count: 9_999 }).await.unwrap()
    else {
        panic!("labels")
    };
    assert!(labels.count <= 240 && labels.name.starts_with("NGUYEN"), "{} of {}", labels.count, labels.name);
    let draft = LetterDraft {
        letter_id: None,
        patient_id,
        provider_id: None,
        recipient: "x".into(),
        subject: "x".into(),
        body: "x".into(),
    };
    assert!(
        matches!(desk.paper(PaperQuery::Draft(draft)).await, Err(Error::NotFound)),
        "letters are the clinicians'"
    );
    desk.note_day_sheet(NoteDaySheet { date }).await.unwrap();
    until_delivered(&desk).await;
    let logged = "select count(*) from clinic.audit_event where action = 'print_day_sheet'";
    assert_eq!(clinic.house.count(logged).unwrap(), 1);
}
