//! Documents out of FileMaker are documents like others: opened at a desk, sealed by the server, and well in its audit.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use wattle_domain::commands::AddDocument;
use wattle_domain::{DocumentId, TableName};
use wattle_protocol::document::{DocumentAnswer, Step};
use wattle_tests::house::{House, today};
use wattle_tests::processes::wait_for;

use super::clinic::{Desk, PATIENCE, clinic};

/// Runs the migrator; its last line.
fn migrate(house: &House, export: &Path, action: &str, more: &[&str]) -> Value {
    let output = Command::new(&house.programs().fm_migrate)
        .args([action, "--mapping", export.join("clinic.toml").to_str().unwrap()])
        .args(["--clinic", house.clinic()])
        .args(more)
        .env("DATABASE_URL", house.migrator_url())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{action}: {said}");
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

fn sample(house: &House, export: &Path) {
    let status = Command::new(&house.programs().fm_migrate)
        .args(["sample", "--patients", "80", "--appointments", "300", "--notes", "60", "--documents", "40"])
        .args(["--today", &today().unwrap(), "--out"])
        .arg(export)
        .output()
        .unwrap()
        .status;
    assert!(status.success());
}

/// A document as the desk has it, in the words of the command that files others.
fn filed(desk: &Desk, table: TableName, id: DocumentId) -> AddDocument {
    let row = desk.store.document(table, id).unwrap().unwrap_or_else(|| panic!("{id} did not travel"));
    let it = row.document;
    AddDocument {
        document_id: it.id,
        patient_id: it.patient_id,
        kind: it.kind,
        title: it.title,
        source: it.source,
        mime: it.mime,
        size_bytes: it.size_bytes,
        sha256: it.sha256,
    }
}

fn hash(bytes: &[u8]) -> String {
    let mut hasher = wattle_document::Hasher::default();
    hasher.update(bytes);
    hasher.finish()
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_out_of_filemaker_open_at_a_desk_and_are_well_in_the_audit() {
    let dir = tempfile::tempdir().unwrap();
    let house = clinic(dir.path(), &[], &[]).await;
    let (export, data) = (dir.path().join("export"), dir.path().join("server"));
    let (data, blobs) = (data.to_str().unwrap().to_owned(), data.join("blobs"));
    sample(&house, &export);
    let copied = migrate(&house, &export, "containers", &["--blobs", blobs.to_str().unwrap()]);
    let report = migrate(&house, &export, "import", &[]);
    let table = &report["tables"]["documents"];
    assert!(table["loaded"].as_u64().unwrap() > 20, "{table}");
    let there = house.count("select count(*) from clinic.document").unwrap()
        + house.count("select count(*) from clinic.desk_document").unwrap();
    let audit = house.audit_documents(&data).unwrap();
    assert_eq!(audit["documents"], json!(there));
    assert_eq!(
        (&audit["missing"], &audit["altered"], &audit["orphans"]),
        (&json!([]), &json!([]), &json!(0))
    );

    // At a practitioner's desk every one opens; the desk at the front has its own, and not the key of another.
    let room = Desk::ready(&house, "room-1", "lee").await;
    let front = Desk::ready(&house, "reception-1", "maria").await;
    let opened = async || {
        let mut n = 0;
        for table in [TableName::Document, TableName::DeskDocument] {
            let sql = format!("select string_agg(id::text, ' ' order by id) from clinic.{}", table.as_str());
            for id in house.text(&sql).unwrap().split_whitespace() {
                let id: DocumentId = serde_json::from_value(json!(id)).unwrap();
                let filed = filed(&room, table, id);
                assert_eq!(hash(&room.fetch(&filed).await), filed.sha256, "{id}");
                assert_eq!(
                    room.ask(&filed, Step::Up).await,
                    Some(DocumentAnswer::Stored),
                    "nobody sends it again"
                );
                match table {
                    TableName::DeskDocument => {
                        assert_eq!(hash(&front.fetch(&filed).await), filed.sha256, "{id}");
                    }
                    _ => assert!(front.store.document(table, id).unwrap().is_none(), "{id} is clinical"),
                }
                n += 1;
            }
        }
        n
    };
    assert_eq!(opened().await, there);
    let notes = "select count(*) from clinic.clinical_note n join clinic.user_name u on u.id = n.author_id";
    assert_eq!(house.count(notes).unwrap(), 60);

    // The server seals behind the import; nothing changes for anybody, and the migrator is content too.
    let plain = "select count(*) from clinic.document_blob where clinic.is_plain(key)";
    let words = "select count(*) from clinic.clinical_note where clinic.is_plain(body)";
    wait_for("all is sealed", PATIENCE * 2, async || {
        (house.count(plain).unwrap() + house.count(words).unwrap() == 0).then_some(())
    })
    .await
    .unwrap();
    assert_eq!(opened().await, there);
    assert_eq!(house.audit_documents(&data).unwrap(), audit);
    let again = migrate(&house, &export, "containers", &["--blobs", blobs.to_str().unwrap()]);
    assert_eq!(
        (&again["stored"], &again["known"]),
        (&json!(0), &json!(copied["stored"].as_u64().unwrap() + copied["same"].as_u64().unwrap()))
    );
    assert_eq!(migrate(&house, &export, "import", &[])["written"], json!(0));
    let out = dir.path().join("verified");
    let verified = migrate(&house, &export, "verify", &["--out", out.to_str().unwrap(), "--spot", "50"]);
    assert_eq!(verified["good"], json!(true));
    let page = std::fs::read_to_string(out.join("spot.html")).unwrap();
    assert!(
        page.contains("(sealed)") && !page.contains('\u{1}'),
        "what is sealed is not shown as what it is not"
    );
}
