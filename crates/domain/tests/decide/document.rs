//! Documents: the desk files what the desk needs, clinicians what is clinical; what a file is, nobody edits.

use serde_json::{Value, json};
use wattle_domain::commands::{AddDocument, EditDocument, FieldEdit, LARGEST_DOCUMENT_BYTES};
use wattle_domain::entities::{DeskDocument, Document};
use wattle_domain::fields::{DocumentKind, DocumentSource, DocumentStatus};
use wattle_domain::{DocumentId, Outcome, PatientId, RejectionCode, Rev, TableName};

use crate::map_store::{MARIA, MapStore, dr_lee, reception, uuid};

fn document(kind: DocumentKind) -> AddDocument {
    AddDocument {
        document_id: DocumentId(uuid(0xd0c)),
        patient_id: MARIA,
        kind,
        title: " Cardiology ".into(),
        source: DocumentSource::Scan,
        mime: "application/pdf".into(),
        size_bytes: 1_024,
        sha256: "0a".repeat(32),
    }
}

#[test]
fn each_kind_is_in_its_table_and_for_its_people() {
    for kind in DocumentKind::ALL {
        let clinical = kind.table() == TableName::Document;
        let mut store = MapStore::with_a_clinic();
        let done = store.run(&reception(), document(*kind));
        if clinical {
            assert_eq!(done.unwrap_err().code, RejectionCode::NotAllowed, "{}", kind.as_str());
        } else {
            assert_eq!(done.unwrap().outcome, Outcome::Applied, "{}", kind.as_str());
        }
        let mut store = MapStore::with_a_clinic();
        store.run(&dr_lee(), document(*kind)).unwrap();
        let (title, stored) = if clinical {
            let filed = store.get::<Document>(uuid(0xd0c));
            (filed.title, filed.stored_at)
        } else {
            let filed = store.get::<DeskDocument>(uuid(0xd0c));
            (filed.title, filed.stored_at)
        };
        assert_eq!(
            (title.as_str(), stored),
            ("Cardiology", None),
            "only the server says that it has the bytes"
        );
    }
}

#[test]
fn what_a_document_may_be() {
    type Change = fn(&mut AddDocument);
    let cases: [(&str, Change, &str); 8] = [
        ("no bytes", |d| d.size_bytes = 0, "size_bytes"),
        ("too many", |d| d.size_bytes = LARGEST_DOCUMENT_BYTES + 1, "size_bytes"),
        ("a hash that is none", |d| d.sha256 = "xy".repeat(32), "sha256"),
        ("a short one", |d| d.sha256 = "0a".into(), "sha256"),
        ("no type", |d| d.mime = String::new(), "mime"),
        ("a type that is more", |d| d.mime = "text/html; x=<script>".into(), "mime"),
        ("no title", |d| d.title = "  ".into(), "title"),
        ("a long one", |d| d.title = "x".repeat(201), "title"),
    ];
    for (why, change, field) in cases {
        let mut filed = document(DocumentKind::Letter);
        change(&mut filed);
        let refused = MapStore::with_a_clinic().run(&dr_lee(), filed).unwrap_err();
        assert_eq!((refused.code, refused.field.as_deref()), (RejectionCode::Invalid, Some(field)), "{why}");
    }
    let mut store = MapStore::with_a_clinic();
    let nobodys = AddDocument { patient_id: PatientId(uuid(0xdead)), ..document(DocumentKind::Letter) };
    assert_eq!(store.run(&dr_lee(), nobodys).unwrap_err().code, RejectionCode::NotFound);
    store.run(&dr_lee(), document(DocumentKind::Letter)).unwrap();
    let again = store.run(&dr_lee(), document(DocumentKind::Letter)).unwrap_err();
    assert_eq!(again.code, RejectionCode::AlreadyExists);
}

fn edit(table: TableName, field: &str, was: Value, now: Value) -> EditDocument {
    let field = field.to_owned();
    let edit = FieldEdit { table, row_id: uuid(0xd0c), field, seen_rev: Rev(1), was, now };
    EditDocument { patient_id: MARIA, edits: vec![edit] }
}

#[test]
fn title_and_status_may_change_and_nothing_else() {
    let mut store = MapStore::with_a_clinic();
    store.run(&dr_lee(), document(DocumentKind::Letter)).unwrap();
    let table = TableName::Document;
    store.run(&dr_lee(), edit(table, "title", json!("Cardiology"), json!("Dr Heart"))).unwrap();
    store.run(&dr_lee(), edit(table, "status", json!("current"), json!("withdrawn"))).unwrap();
    let filed = store.get::<Document>(uuid(0xd0c));
    assert_eq!((filed.title.as_str(), filed.status), ("Dr Heart", DocumentStatus::Withdrawn));
    for (field, now) in [
        ("stored_at", json!(1)),
        ("sha256", json!("00")),
        ("kind", json!("result")),
        ("patient_id", json!(uuid(1))),
        ("title", json!(" ")),
        ("status", json!("gone")),
    ] {
        let refused = store.run(&dr_lee(), edit(table, field, Value::Null, now)).unwrap_err();
        assert_eq!(refused.code, RejectionCode::Invalid, "{field}");
    }
    let refused = store.run(&reception(), edit(table, "title", json!("Dr Heart"), json!("x"))).unwrap_err();
    assert_eq!(refused.code, RejectionCode::NotAllowed, "the desk does not name letters");
}
