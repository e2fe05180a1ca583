//! A clinic with a place for documents, and desks that file them by hand.

use std::ops::Deref;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use uuid::Uuid;
use wattle_document::{DocumentKey, Hasher, PART_BYTES, Parts, mime_of};
use wattle_domain::commands::{AddDocument, PatientDetails, PatientParts, RegisterPatient};
use wattle_domain::fields::{BirthDateAccuracy, DocumentKind, DocumentSource, Sex};
use wattle_domain::{DocumentId, PatientId, TableName};
use wattle_local_store::DocumentRow;
use wattle_protocol::document::{DocumentAnswer, DocumentAsk, PartUp, Step};
use wattle_sync_engine::{Error, Tokens as _, Transport};
use wattle_tests::desk;
use wattle_tests::house::{self, House, PEOPLE};
use wattle_tests::processes::wait_for;

pub const PATIENCE: Duration = Duration::from_secs(60);

/// A clinic whose server keeps blobs under `dir/server`, or where the arguments say.
pub async fn clinic(dir: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> House {
    let mut house = House::found(dir, false).unwrap();
    house.serve_env(environment);
    house::add_people(&house).unwrap();
    let data = dir.join("server");
    let mut all = vec!["--data-dir", data.to_str().unwrap()];
    all.extend(arguments);
    house.serve_with(&all);
    house.start_server().await.unwrap();
    house
}

/// A computer with somebody at it.
pub struct Desk {
    desk: desk::Desk,
    transport: Transport,
    _dir: TempDir,
}

impl Deref for Desk {
    type Target = desk::Desk;
    fn deref(&self) -> &desk::Desk {
        &self.desk
    }
}

impl Desk {
    pub async fn ready(house: &House, name: &str, username: &str) -> Self {
        let who = PEOPLE.into_iter().find(|p| p.username == username).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("clinic.db");
        let desk = desk::Desk::enrol(house, &house.server_url(), &file, name, &who).await.unwrap();
        desk.in_step("the first sync", PATIENCE).await.unwrap();
        Self { desk, transport: Transport::new(&house.server_url()).unwrap(), _dir: dir }
    }

    pub async fn register(&self, family: &str) -> PatientId {
        let patient_id = PatientId(Uuid::now_v7());
        let details = PatientDetails {
            title: None,
            family_name: family.into(),
            given_name: Some("Ruby".into()),
            preferred_name: None,
            birth_date: None,
            birth_date_accuracy: BirthDateAccuracy::Unknown,
            sex: Sex::Female,
            gender: None,
            pronouns: None,
            indigenous_status: None,
            interpreter_language: None,
            usual_practitioner_id: None,
        };
        self.submit(RegisterPatient { patient_id, details, parts: PatientParts::default() }).unwrap();
        self.in_step("registered", PATIENCE).await.unwrap();
        patient_id
    }

    /// Saves a document's row and waits until the server has it. Its bytes stay with the test.
    pub async fn file(&self, patient_id: PatientId, kind: DocumentKind, bytes: &[u8]) -> AddDocument {
        let mut hasher = Hasher::default();
        hasher.update(bytes);
        let command = AddDocument {
            document_id: DocumentId(Uuid::now_v7()),
            patient_id,
            kind,
            title: "Zzyxcanary".into(),
            source: DocumentSource::File,
            mime: mime_of(bytes).into(),
            size_bytes: i64::try_from(bytes.len()).unwrap(),
            sha256: hasher.finish(),
        };
        self.submit(command.clone()).unwrap();
        self.in_step("filed", PATIENCE).await.unwrap();
        command
    }

    pub async fn ask(&self, filed: &AddDocument, step: Step) -> Option<DocumentAnswer> {
        let ask = DocumentAsk { document_id: filed.document_id, table: filed.kind.table(), step };
        self.transport.document(&self.keeper.access().unwrap(), &ask).await.unwrap()
    }

    pub async fn up(&self, filed: &AddDocument) -> (DocumentKey, Vec<PartUp>) {
        match self.ask(filed, Step::Up).await {
            Some(DocumentAnswer::Up { key, parts }) => (DocumentKey::from_base64(&key).unwrap(), parts),
            other => panic!("{other:?}"),
        }
    }

    pub async fn put(&self, url: &str, part: Vec<u8>) -> Result<(), Error> {
        self.transport.put_part(url, part).await
    }

    /// Brings all that is missing, and asks for the confirmation.
    pub async fn bring(&self, filed: &AddDocument, bytes: &[u8]) -> Option<DocumentAnswer> {
        let (key, parts) = self.up(filed).await;
        let sealed = sealed(filed, &key, bytes);
        for (up, sealed) in parts.iter().zip(sealed).filter(|(up, _)| !up.there) {
            self.put(&up.url, sealed).await.unwrap();
        }
        self.ask(filed, Step::Confirm).await
    }

    /// Fetches it as any workstation does.
    pub async fn fetch(&self, filed: &AddDocument) -> Vec<u8> {
        let Some(DocumentAnswer::Down { key, parts }) = self.ask(filed, Step::Down).await else {
            panic!("down")
        };
        let size = u64::try_from(filed.size_bytes).unwrap();
        let opener = Parts::new(filed.document_id.0, size, &DocumentKey::from_base64(&key).unwrap()).unwrap();
        let mut bytes = Vec::new();
        for (number, url) in (0..).zip(&parts) {
            let most = Parts::sealed_bytes(size, number).unwrap();
            bytes.extend(opener.open(number, self.transport.part(url, most).await.unwrap()).unwrap());
        }
        bytes
    }

    /// The row as this desk has it, once it says so.
    pub async fn until_row(&self, filed: &AddDocument, says: impl Fn(&DocumentRow) -> bool) -> DocumentRow {
        let table: TableName = filed.kind.table();
        wait_for("the row", PATIENCE, async || {
            self.store.document(table, filed.document_id).unwrap().filter(|row| says(row))
        })
        .await
        .unwrap()
    }
}

/// The parts of a document as they rest.
pub fn sealed(filed: &AddDocument, key: &DocumentKey, bytes: &[u8]) -> Vec<Vec<u8>> {
    let parts = Parts::new(filed.document_id.0, u64::try_from(bytes.len()).unwrap(), key).unwrap();
    let chunks = bytes.chunks(usize::try_from(PART_BYTES).unwrap());
    (0..).zip(chunks).map(|(number, plain)| parts.seal(number, plain).unwrap()).collect()
}

/// Every file below a folder.
pub fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}
