use serde_json::json;
use wattle_domain::fields::DocumentKind;
use wattle_protocol::document::DocumentAnswer;

use super::clinic::{Desk, clinic, files};

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_is_due_each_night_is_done_once_and_tried_again_when_the_store_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let house = clinic(dir.path(), &[], &[]).await;
    let desk = Desk::ready(&house, "reception-1", "maria").await;
    let patient = desk.register("Nguyen").await;
    let document = desk.file(patient, DocumentKind::Form, b"fine\n").await;
    assert_eq!(desk.bring(&document, b"fine\n").await, Some(DocumentAnswer::Stored));
    let data = dir.path().join("server");
    let data = data.to_str().unwrap();

    // What only a newer version knows is left to it.
    let newer = "alter table clinic.job drop constraint job_kind_check; \
                 insert into clinic.job (clinic_id, kind, due_at) select id, 'of_a_newer_version', now() - interval '1 hour' \
                 from clinic.clinic";
    house.script(newer).unwrap();

    // Two at once: one has the lock, and the other finds nothing.
    let (first, second) = std::thread::scope(|scope| {
        let other = scope.spawn(|| house.run_jobs(data).unwrap());
        (house.run_jobs(data).unwrap(), other.join().unwrap())
    });
    let audits: Vec<_> =
        first.iter().chain(&second).filter(|line| line["job"] == "audit_documents").collect();
    assert_eq!(audits.len(), 1, "{audits:?}");
    assert_eq!((&audits[0]["good"], &audits[0]["report"]["documents"]), (&json!(true), &json!(1)));
    let waits = "select count(*) from clinic.job where kind = 'audit_documents' and done_at is null and due_at > now() + interval '23 hours'";
    assert_eq!(house.count(waits).unwrap(), 1, "the next is due tomorrow");
    assert_eq!(house.run_jobs(data).unwrap(), [json!({ "done": 0 })], "and not before");

    // The store is gone: tried again in a minute, and said. What is lost is in the report.
    let due = "update clinic.job set due_at = now() - interval '1 hour' where kind = 'audit_documents' and done_at is null";
    house.script(due).unwrap();
    let blobs = dir.path().join("server/blobs/documents");
    std::fs::remove_file(&files(&blobs)[0]).unwrap();
    let found = house.run_jobs(data).unwrap();
    assert_eq!(
        (&found[0]["good"], &found[0]["report"]["missing"]),
        (&json!(false), &json!([document.document_id]))
    );
    let kept = format!(
        "select count(*) from clinic.job where report -> 'missing' = '[\"{}\"]' and tries = 1 and failed is null",
        document.document_id
    );
    assert_eq!(house.count(&kept).unwrap(), 1, "the report stays");
    house.script(due).unwrap();
    house.script("alter table clinic.document_blob rename to document_blob_away").unwrap();
    let failed = house.run_jobs(data).unwrap();
    assert_eq!(failed[0]["tries"], 1, "{failed:?}");
    house.script("alter table clinic.document_blob_away rename to document_blob").unwrap();
    let again = "select count(*) from clinic.job where done_at is null and failed is not null and tries = 1 \
                 and due_at between now() and now() + interval '2 minutes'";
    assert_eq!(house.count(again).unwrap(), 1, "due again in a minute");
    house.script(due).unwrap();
    assert_eq!(house.run_jobs(data).unwrap()[0]["report"]["documents"], 1);
    let left =
        "select count(*) from clinic.job where kind = 'of_a_newer_version' and tries = 0 and done_at is null";
    assert_eq!(house.count(left).unwrap(), 1);
    assert_eq!(
        house
            .count("select count(*) from clinic.job where kind = 'audit_documents' and done_at is null and failed is null")
            .unwrap(),
        1
    );
}
