//! Documents at the desk: filed in an outage and after a crash, fetched ahead, read without the server; files that are no
//! good, and a store that says no.

use std::time::{Duration, Instant};

use wattle_document::Unfit;
use wattle_domain::PatientId;
use wattle_domain::fields::{DocumentKind, DocumentSource};
use wattle_protocol::ipc::documents::{
    Bytes, DocumentRef, DocumentsQuery, FindInDocument, ShownDocument, View, ViewDocument,
};
use wattle_tests::desktop::Keyring;
use wattle_tests::paper;
use wattle_workstation::{Error, NewDocument, Workstation};

use crate::clinic::{
    Clinic, MARIA, TOM, TestClock, register, sign_in, until_delivered, until_offline, until_ready,
};
use crate::desk::until_free;
use crate::inside::inside;

const PATIENCE: Duration = Duration::from_secs(60);

fn new(patient_id: PatientId, name: &str) -> NewDocument {
    let (kind, source) = (DocumentKind::Referral, DocumentSource::Scan);
    NewDocument { patient_id, kind, title: String::new(), source, name: name.into() }
}

async fn all(desk: &Workstation, patient_id: PatientId) -> Vec<ShownDocument> {
    desk.documents(DocumentsQuery { patient_id }).await.unwrap().documents
}

/// Waits until the list says so; what it says then, by title.
async fn until(
    desk: &Workstation,
    patient_id: PatientId,
    what: &str,
    says: impl Fn(&[ShownDocument]) -> bool,
) -> Vec<ShownDocument> {
    let deadline = Instant::now() + PATIENCE;
    let mut events = desk.events();
    loop {
        let shown = all(desk, patient_id).await;
        if says(&shown) {
            return shown;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "{what}: still {shown:?}");
        let _ = tokio::time::timeout(left, events.recv()).await;
    }
}

fn are(shown: &[ShownDocument], bytes: Bytes, count: usize) -> bool {
    shown.len() == count && shown.iter().all(|d| d.bytes == bytes && !d.pending)
}

fn view(shown: &ShownDocument, page: u32) -> ViewDocument {
    let document = DocumentRef { document_id: shown.document.id, table: shown.table };
    ViewDocument { document, page, edge_px: 800, opened: page == 0 }
}

fn titled<'a>(shown: &'a [ShownDocument], title: &str) -> &'a ShownDocument {
    shown.iter().find(|d| d.document.title == title).unwrap()
}

#[tokio::test]
async fn what_is_filed_in_an_outage_survives_a_crash_arrives_and_is_read_elsewhere_in_the_next_outage() {
    let name = "documents::what_is_filed_in_an_outage_survives_a_crash_arrives_and_is_read_elsewhere_in_the_next_outage";
    if !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (mut clinic, clock) = (Clinic::open_with_documents().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    let patient = register(&desk, "Nguyen").await.unwrap();
    until_delivered(&desk).await;
    clinic.house.kill_server();
    until_offline(&desk).await;
    // Two parts, so that there is a middle to be cut off in.
    let scan = paper::pdf(&["Zzyxcanary first", "Wombat second"], 5 << 20);
    desk.file_document(new(patient, "scan.pdf"), scan).await.unwrap();
    desk.file_document(new(patient, "card.bmp"), paper::picture(400, 250)).await.unwrap();
    let shown = all(&desk, patient).await;
    assert!(shown.len() == 2 && shown.iter().all(|d| d.bytes == Bytes::Sending && d.pending), "{shown:?}");
    // As after a crash: nobody signs out.
    drop(desk);
    let folder = clinic.data_dir("reception-1");
    let desk = until_free(&folder, &clock).await;
    sign_in(&desk, &MARIA).await.unwrap();
    let shown = all(&desk, patient).await;
    assert!(shown.iter().all(|d| d.bytes == Bytes::Sending), "{shown:?}");
    let View::Page { pages, .. } = desk.document_view(view(titled(&shown, "scan"), 1)).await.unwrap() else {
        panic!("a page")
    };
    assert_eq!(pages, 2);
    clinic.house.start_server().await.unwrap();
    desk.sync_now().await.unwrap();
    until(&desk, patient, "sent", |shown| are(shown, Bytes::Here, 2)).await;
    clinic.until_count("select count(*) from clinic.desk_document where stored_at is not null", 2).await;

    // Somebody else gets the scans of today's patient without asking, and reads them in the next outage.
    let other = clinic.computer("reception-2", &clock).await;
    sign_in(&other, &TOM).await.unwrap();
    until_ready(&other).await;
    let sql = format!(
        "set wattle.clinic = '{clinic}'; \
         insert into clinic.practitioner (clinic_id, id, family_name, usual_duration_min, sort) \
           values ('{clinic}', '0196f3a0-0000-7000-8000-000000000051', 'Lee', 15, 1); \
         insert into clinic.appointment_type (clinic_id, id, name, duration_min, hue, sort) \
           values ('{clinic}', '0196f3a0-0000-7000-8000-000000000052', 'Standard', 15, 1, 1); \
         insert into clinic.appointment (clinic_id, id, practitioner_id, patient_id, type_id, start_at, end_at, status, \
           double_booking) values ('{clinic}', gen_random_uuid(), '0196f3a0-0000-7000-8000-000000000051', '{patient}', \
           '0196f3a0-0000-7000-8000-000000000052', now(), now() + interval '15 minutes', 'booked', false)",
        clinic = clinic.house.clinic()
    );
    clinic.house.script(&sql).unwrap();
    let shown = until(&other, patient, "fetched ahead", |shown| are(shown, Bytes::Here, 2)).await;
    clinic.house.kill_server();
    until_offline(&other).await;
    let scan = titled(&shown, "scan");
    for page in 0..2 {
        let View::Page { picture, .. } = other.document_view(view(scan, page)).await.unwrap() else {
            panic!("a page")
        };
        assert!(picture.src.starts_with("data:image/png;base64,") && picture.height_px == 800, "page {page}");
    }
    let find = |words: &str| FindInDocument { document: view(scan, 0).document, words: words.into() };
    assert_eq!(other.find_in_document(find("wombat SECOND")).await.unwrap(), [1]);
    assert_eq!(other.find_in_document(find("kookaburra")).await.unwrap(), Vec::<u32>::new());
    let card = titled(&shown, "card");
    assert!(other.document_thumbnail(view(card, 0).document).await.unwrap().width_px <= 160);
    // That it was opened is noted, offline too.
    clinic.house.start_server().await.unwrap();
    other.sync_now().await.unwrap();
    until_delivered(&other).await;
    let opened = "select count(*) from clinic.audit_event where action = 'open_document'";
    assert!(clinic.house.count(opened).unwrap() >= 1);
    for (name, desk) in [("reception-1", desk), ("reception-2", other)] {
        desk.close().await;
        drop(desk);
        no_words_on_disk(&clinic.data_dir(name));
    }
}

#[tokio::test]
async fn a_bad_file_is_told_and_a_store_that_says_no_holds_up_nothing() {
    let name = "documents::a_bad_file_is_told_and_a_store_that_says_no_holds_up_nothing";
    if !inside(name, Keyring::Unlocked).await {
        return;
    }
    let (clinic, clock) = (Clinic::open_with_documents().await, TestClock::default());
    let desk = clinic.computer("reception-1", &clock).await;
    sign_in(&desk, &MARIA).await.unwrap();
    until_ready(&desk).await;
    let patient = register(&desk, "Nguyen").await.unwrap();
    until_delivered(&desk).await;
    let told =
        async |name: &str, bytes: &[u8]| match desk.file_document(new(patient, name), bytes.to_vec()).await {
            Err(Error::Unfit(unfit)) => unfit,
            other => panic!("{name}: {other:?}"),
        };
    assert_eq!(told("nothing.pdf", b"").await, Unfit::Empty);
    assert_eq!(told("letter.pdf", &paper::picture(4, 4)).await, Unfit::Name);
    assert_eq!(told("photo.jpg", b"MZ\x90\0\x03\0\0\0").await, Unfit::Program);
    let large = vec![0; (100 << 20) + 1];
    assert!(matches!(desk.file_document(new(patient, "all.bin"), large).await, Err(Error::TooLarge)));
    assert_eq!(all(&desk, patient).await, []);

    // The store says no: what stands in the way of its folder is a file.
    let blobs = clinic.data_dir("server").join("blobs/documents");
    let _ = std::fs::remove_dir_all(&blobs);
    std::fs::write(&blobs, b"in the way").unwrap();
    desk.file_document(new(patient, "broken.pdf"), b"%PDF-1.7\nnothing behind it\n".to_vec()).await.unwrap();
    let bomb = bomb();
    desk.file_document(new(patient, "bomb.bmp"), bomb).await.unwrap();
    until_delivered(&desk).await;
    let other = clinic.computer("reception-2", &clock).await;
    sign_in(&other, &TOM).await.unwrap();
    until_ready(&other).await;
    let shown =
        until(&other, patient, "rows come before bytes", |shown| are(shown, Bytes::Elsewhere, 2)).await;
    assert_eq!(shown[0].waits_on.as_deref(), Some("reception-1"));
    assert!(matches!(other.document_view(view(&shown[0], 0)).await, Err(Error::NotHere)));
    // Kept, and shown for what they are: not to be drawn.
    for shown in all(&desk, patient).await {
        assert_eq!(shown.bytes, Bytes::Sending);
        let refused = desk.document_view(view(&shown, 0)).await;
        assert!(matches!(refused, Err(Error::CannotShow(_))), "{}: {refused:?}", shown.document.title);
    }
    std::fs::remove_file(&blobs).unwrap();
    desk.file_document(new(patient, "good.txt"), b"good\n".to_vec()).await.unwrap();
    until(&desk, patient, "the queue goes on", |shown| are(shown, Bytes::Here, 3)).await;
    let shown = until(&other, patient, "the server has them", |shown| are(shown, Bytes::Server, 3)).await;
    let View::Text { text } = other.document_view(view(titled(&shown, "good"), 0)).await.unwrap() else {
        panic!("text")
    };
    assert_eq!(text, "good\n");
}

/// A picture that says it has 30,000 by 30,000 pixels, in 54 bytes and a few.
fn bomb() -> Vec<u8> {
    let mut bytes = paper::picture(4, 4);
    bytes[18..22].copy_from_slice(&30_000_u32.to_le_bytes());
    bytes[22..26].copy_from_slice(&30_000_u32.to_le_bytes());
    bytes
}

/// Looks through every file of a folder.
fn no_words_on_disk(folder: &std::path::Path) {
    let (mut looked, mut folders) = (0, vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            looked += bytes.len();
            assert!(!bytes.windows(10).any(|part| part == b"Zzyxcanary"), "readable in {}", path.display());
        }
    }
    assert!(looked > 5 << 20, "the scan was among the files");
}
