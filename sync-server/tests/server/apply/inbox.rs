//! Results, letters, the address book and consents through the real server and its database.

use serde_json::json;
use uuid::Uuid;
use wattle_domain::commands::{
    ActionResult, ProviderDetails, RecallFrom, RecordConsent, RecordProvider, RecordResult, WriteLetter,
};
use wattle_domain::fields::{ConsentKind, ResultAction};
use wattle_domain::{RejectionCode, Role};
use wattle_protocol::push::Verdict;

use crate::support::House;

#[tokio::test]
async fn a_result_is_acted_on_once_and_the_desk_gets_the_recall_alone() {
    let house = House::new().await;
    house.person("nina", Role::Nurse).await;
    let mut lee = house.desk("dr-lee", "lee").await;
    let mut nina = house.desk("nurse-1", "nina").await;
    let mut reception = house.desk("reception-1", "maria").await;
    let patient_id = reception.register("Nguyen").await;

    let provider = RecordProvider {
        provider_id: Uuid::now_v7().into(),
        details: ProviderDetails { name: "Dr Raman".into(), ..ProviderDetails::default() },
    };
    assert_eq!(reception.do_it(provider.clone()).await, Verdict::Applied);
    let consent = RecordConsent {
        consent_id: Uuid::now_v7().into(),
        patient_id,
        kind: ConsentKind::ShareRecord,
        given: true,
        note: "in person".into(),
    };
    assert_eq!(reception.do_it(consent.clone()).await, Verdict::Applied);
    let letter = WriteLetter {
        letter_id: Uuid::now_v7().into(),
        patient_id,
        provider_id: Some(provider.provider_id),
        recipient: "Dr Raman".into(),
        subject: "Referral of a Wombat".into(),
        body: "A canary named Quokka.".into(),
        document_id: Some(Uuid::now_v7().into()),
    };
    assert_eq!(lee.do_it(letter.clone()).await, Verdict::Applied, "its document may come later");
    let result = RecordResult {
        item_id: Uuid::now_v7().into(),
        patient_id,
        practitioner_id: Some(house.dr_lee),
        title: "Full blood count".into(),
        source: None,
        text: Some("Bilby 92".into()),
        document_id: None,
        abnormal: true,
    };
    assert_eq!(nina.do_it(result.clone()).await, Verdict::Applied);
    let recall = RecallFrom {
        recall_id: Uuid::now_v7().into(),
        due_on: "2027-01-04".parse().unwrap(),
        reason: "See the doctor".into(),
    };
    let recall_id = recall.recall_id;
    let act = ActionResult {
        item_id: result.item_id,
        patient_id,
        action: ResultAction::Recall,
        note: None,
        recall: Some(recall),
    };
    assert_eq!(lee.do_it(act).await, Verdict::Applied);
    let second = ActionResult {
        item_id: result.item_id,
        patient_id,
        action: ResultAction::Told,
        note: Some("I rang".into()),
        recall: None,
    };
    let no = nina.do_it(second).await;
    let late =
        matches!(&no, Verdict::Rejected { rejection } if rejection.code == RejectionCode::AlreadyResolved);
    assert!(late, "{no:?}");

    nina.pull().await;
    let row = nina.row("inbox_item", result.item_id).expect("the result came");
    assert_eq!((&row["action"], &row["actioned_by"]), (&json!("recall"), &json!(lee.user())));
    assert_eq!(row["text"], "Bilby 92", "opened for those who may read it");
    assert_eq!(nina.row("letter", letter.letter_id).unwrap()["body"], "A canary named Quokka.");
    let frames = reception.pull().await;
    assert_eq!(reception.row("recall", recall_id).unwrap()["reason"], "See the doctor");
    assert_eq!(reception.row("external_provider", provider.provider_id).unwrap()["name"], "Dr Raman");
    assert_eq!(reception.row("consent", consent.consent_id).unwrap()["given"], true);
    let text = serde_json::to_string(&frames).unwrap();
    for secret in ["Quokka", "Bilby", "Wombat", "inbox_item"] {
        assert!(!text.contains(secret), "the desk got {secret}");
    }
}

/// What is written about patients rests sealed, and the address book does not: names of practices are no secret.
#[tokio::test]
async fn letters_and_results_rest_sealed() {
    let house = House::new().await;
    let mut lee = house.desk("dr-lee", "lee").await;
    let mut reception = house.desk("reception-1", "maria").await;
    let patient_id = reception.register("Nguyen").await;
    let letter = WriteLetter {
        letter_id: Uuid::now_v7().into(),
        patient_id,
        provider_id: None,
        recipient: "A canary named Quokka".into(),
        subject: "A canary named Quokka".into(),
        body: "A canary named Quokka".into(),
        document_id: None,
    };
    assert_eq!(lee.do_it(letter).await, Verdict::Applied);
    let plain = "SELECT count(*) FROM clinic.letter WHERE concat(recipient, subject, body) LIKE '%Quokka%'";
    assert_eq!(house.count(plain).await, 0);
    assert_eq!(house.count("SELECT count(*) FROM clinic.letter").await, 1);
}
