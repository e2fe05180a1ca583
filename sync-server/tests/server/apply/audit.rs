//! The audit log: what it says, what it never says, and that it cannot be mended unseen.

use serde_json::{Value, json};
use wattle_protocol::push::Verdict;
use wattle_server::admin;

use crate::support::desk::patient;
use crate::support::{Book, House};

#[tokio::test]
async fn every_verdict_is_logged_with_fields_and_without_values() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let patient_id = reception.register("Nguyen-Canary").await;
    let book = Book { practitioner: house.dr_lee, patient: patient_id, minute: 0 };
    reception.do_it(book.command(&house)).await;
    assert!(matches!(reception.do_it(book.command(&house)).await, Verdict::Rejected { .. }));

    let entries: Vec<(String, String, Option<uuid::Uuid>, Value)> =
        sqlx::query_as("SELECT action, outcome, patient_id, changes FROM clinic.audit_event ORDER BY id")
            .fetch_all(&house.root)
            .await
            .unwrap();
    let words: Vec<_> = entries.iter().map(|e| (e.0.as_str(), e.1.as_str())).collect();
    assert_eq!(
        words,
        [
            ("register_patient", "applied"),
            ("book_appointment", "applied"),
            ("book_appointment", "rejected slot_taken")
        ]
    );
    assert!(entries.iter().all(|e| e.2 == Some(patient_id.0)));
    assert_eq!(entries[2].3, json!([]), "a rejection changes nothing");
    let changes = entries[0].3.to_string();
    assert!(changes.contains("\"family_name\"") && changes.contains("\"birth_date\""), "{changes}");
    assert!(!changes.contains("Canary") && !changes.contains("1961"), "{changes}");
    assert!(!changes.contains("\"title\""), "an empty field is no change");
}

#[tokio::test]
async fn the_manager_s_desk_gets_the_log_and_reception_s_does_not() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    let mut manager = house.desk("office", "noor").await;
    reception.register("Nguyen").await;
    manager.pull().await;
    reception.pull().await;
    let has = |desk: &crate::support::Desk| desk.rows.keys().any(|(table, _)| table == "audit_event");
    assert!(has(&manager));
    assert!(!has(&reception));
}

#[tokio::test]
async fn a_chain_that_was_meddled_with_names_its_first_broken_link() {
    let house = House::new().await;
    let mut reception = house.desk("reception-1", "maria").await;
    for name in ["Nguyen", "Okafor", "Silva"] {
        reception.do_it(patient(name)).await;
    }
    let verify = || admin::verify_audit(&house.owner, house.clinic);
    assert!(verify().await.unwrap().is_none());
    let ids: Vec<uuid::Uuid> = sqlx::query_scalar("SELECT id FROM clinic.audit_event ORDER BY id")
        .fetch_all(&house.root)
        .await
        .unwrap();

    // Only somebody who may turn triggers off gets this far.
    house
        .execute(
            "ALTER TABLE clinic.audit_event DISABLE TRIGGER ALL; \
             UPDATE clinic.audit_event SET role = 'admin' WHERE id = (SELECT id FROM clinic.audit_event ORDER BY id OFFSET 1 LIMIT 1)",
        )
        .await;
    assert_eq!(verify().await.unwrap(), Some((Some(ids[1]), "was altered".to_owned())));
    house
        .execute("DELETE FROM clinic.audit_event WHERE id = (SELECT id FROM clinic.audit_event ORDER BY id OFFSET 1 LIMIT 1)")
        .await;
    assert_eq!(verify().await.unwrap(), Some((Some(ids[0]), "what follows is missing".to_owned())));
    house.execute("DELETE FROM clinic.audit_event").await;
    assert_eq!(verify().await.unwrap(), Some((None, "the first entry is missing".to_owned())));
}
