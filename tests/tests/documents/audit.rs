use serde_json::json;
use wattle_domain::fields::DocumentKind;
use wattle_protocol::document::{DocumentAnswer, Step};

use super::clinic::{Desk, clinic, files};

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_finds_what_is_lost_altered_and_nobodys() {
    let dir = tempfile::tempdir().unwrap();
    let house = clinic(dir.path(), &[], &[]).await;
    let desk = Desk::ready(&house, "reception-1", "maria").await;
    let patient = desk.register("Nguyen").await;
    let (lost, altered, fine) = (b"lost\n", b"altered\n", b"fine\n");
    let mut filed = Vec::new();
    let blobs = dir.path().join("server/blobs/documents");
    let mut at = Vec::new();
    for bytes in [lost.as_slice(), altered, fine] {
        let before = files(&blobs);
        let document = desk.file(patient, DocumentKind::Form, bytes).await;
        assert_eq!(desk.bring(&document, bytes).await, Some(DocumentAnswer::Stored));
        at.extend(files(&blobs).into_iter().filter(|file| !before.contains(file)));
        filed.push(document);
    }
    let data = dir.path().join("server");
    let data = data.to_str().unwrap();
    let found = house.audit_documents(data).unwrap();
    assert_eq!(
        (&found["documents"], &found["missing"], &found["altered"]),
        (&json!(3), &json!([]), &json!([]))
    );
    assert_eq!(found["orphans"], 0);

    std::fs::remove_file(&at[0]).unwrap();
    let mut bytes = std::fs::read(&at[1]).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&at[1], bytes).unwrap();
    let nobodys = at[2].parent().unwrap().parent().unwrap().join("0".repeat(32)).join("0000");
    std::fs::create_dir_all(nobodys.parent().unwrap()).unwrap();
    std::fs::write(&nobodys, b"left behind").unwrap();
    let found = house.audit_documents(data).unwrap();
    assert_eq!(found["missing"], json!([filed[0].document_id]));
    assert_eq!(found["altered"], json!([filed[1].document_id]));
    assert_eq!((&found["orphans"], &found["removed"]), (&json!(1), &json!(0)));
    // The record says so, at every desk.
    for document in &filed[..2] {
        desk.until_row(document, |row| row.document.lost_at.is_some()).await;
        assert_eq!(desk.ask(document, Step::Down).await, Some(DocumentAnswer::Lost));
    }
    assert!(
        desk.until_row(&filed[2], |row| row.document.stored_at.is_some()).await.document.lost_at.is_none()
    );

    // Whoever has a copy brings it again.
    assert_eq!(desk.bring(&filed[0], lost).await, Some(DocumentAnswer::Stored));
    desk.until_row(&filed[0], |row| row.document.lost_at.is_none()).await;
    assert_eq!(desk.fetch(&filed[0]).await, lost);

    // Nobody's bytes are kept for 30 days, and what was removed is written down.
    assert!(nobodys.exists());
    house.script("update clinic.document_orphan set seen_at = seen_at - interval '31 days'").unwrap();
    let found = house.audit_documents(data).unwrap();
    assert_eq!(found["removed"], 1);
    assert!(!nobodys.exists());
    let log = "select count(*) from clinic.document_orphan where removed_at is not null and parts = 1 and size_bytes = 11";
    assert_eq!(house.count(log).unwrap(), 1);
    assert_eq!(desk.fetch(&filed[2]).await, fine);
}
