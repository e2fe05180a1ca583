use reqwest::StatusCode;
use reqwest::header::CONTENT_DISPOSITION;
use wattle_document::PART_BYTES;
use wattle_domain::fields::DocumentKind;
use wattle_protocol::document::{DocumentAnswer, Step};
use wattle_tests::paper;
use wattle_tests::processes::wait_for;

use super::clinic::{Desk, PATIENCE, clinic, files, sealed};

/// A letter of two parts.
fn letter() -> Vec<u8> {
    paper::pdf(&["Zzyxcanary"], usize::try_from(PART_BYTES).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_come_in_parts_and_are_stored_only_when_they_are_what_the_row_says() {
    let dir = tempfile::tempdir().unwrap();
    let house = clinic(dir.path(), &[], &[]).await;
    let desk = Desk::ready(&house, "reception-1", "maria").await;
    let patient = desk.register("Nguyen").await;
    let bytes = letter();
    let filed = desk.file(patient, DocumentKind::Consent, &bytes).await;
    assert_eq!(desk.ask(&filed, Step::Down).await, Some(DocumentAnswer::NotYet));

    // Cut off after the first part: the next try is told what is there, under the same key.
    let (key, parts) = desk.up(&filed).await;
    assert_eq!(parts.iter().map(|p| p.there).collect::<Vec<_>>(), [false, false]);
    let mine = sealed(&filed, &key, &bytes);
    desk.put(&parts[0].url, mine[0].clone()).await.unwrap();
    let Some(DocumentAnswer::Up { key: again, parts }) = desk.ask(&filed, Step::Confirm).await else {
        panic!("a part is missing")
    };
    assert_eq!(again, key.to_base64());
    assert_eq!(parts.iter().map(|p| p.there).collect::<Vec<_>>(), [true, false]);

    // What is as long as it must be and something else is found out, and comes again under another key and name.
    desk.put(&parts[1].url, vec![7; mine[1].len()]).await.unwrap();
    assert_eq!(desk.ask(&filed, Step::Confirm).await, Some(DocumentAnswer::Differs));
    let (other, parts) = desk.up(&filed).await;
    assert!(other != key && parts.iter().all(|p| !p.there));
    let count = "select count(*) from clinic.desk_document where stored_at is not null";
    assert_eq!(house.count(count).unwrap(), 0, "nobody's word is taken for it");

    assert_eq!(desk.bring(&filed, &bytes).await, Some(DocumentAnswer::Stored));
    assert_eq!(desk.ask(&filed, Step::Up).await, Some(DocumentAnswer::Stored), "nothing is to be brought");
    desk.until_row(&filed, |row| row.document.stored_at.is_some()).await;
    let colleague = Desk::ready(&house, "reception-2", "maria").await;
    assert!(colleague.fetch(&filed).await == bytes);
    for file in files(&dir.path().join("server/blobs")) {
        let rests = std::fs::read(&file).unwrap();
        assert!(!rests.windows(10).any(|w| w == b"Zzyxcanary"), "{}", file.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_is_good_for_one_part_one_method_and_a_while() {
    let dir = tempfile::tempdir().unwrap();
    let house = clinic(dir.path(), &["--blob-url-s", "4"], &[]).await;
    let desk = Desk::ready(&house, "reception-1", "maria").await;
    let patient = desk.register("Nguyen").await;
    let bytes = letter();
    let filed = desk.file(patient, DocumentKind::Form, &bytes).await;
    assert_eq!(desk.bring(&filed, &bytes).await, Some(DocumentAnswer::Stored));
    let http = reqwest::Client::new();
    let put = async |path: &str, body: Vec<u8>| {
        http.put(format!("{}{path}", house.server_url())).body(body).send().await.unwrap().status()
    };
    let get = async |path: &str| http.get(format!("{}{path}", house.server_url())).send().await.unwrap();

    let Some(DocumentAnswer::Down { parts: down, .. }) = desk.ask(&filed, Step::Down).await else { panic!() };
    let whole = get(&down[0]).await;
    assert_eq!(whole.status(), StatusCode::OK);
    assert_eq!(whole.headers()[CONTENT_DISPOSITION], "attachment");
    assert_eq!(whole.headers()["content-type"], "application/octet-stream");
    let another = desk.file(patient, DocumentKind::Form, b"another\n").await;
    let (_, up) = desk.up(&another).await;
    let (name, signature) = up[0].url.split_once('?').unwrap();
    let (down_name, down_signature) = down[0].split_once('?').unwrap();
    let later = signature.replacen("until=", "until=9", 1);
    for (what, bad) in [
        ("to put where one may read", down[0].clone()),
        ("the signature of another document", format!("{down_name}?{signature}")),
        ("a signature for reading", format!("{name}?{down_signature}")),
        ("a later end", format!("{name}?{later}")),
        ("the next part", format!("{}1?{signature}", name.strip_suffix('0').unwrap())),
        ("no signature", name.to_owned()),
        ("out of the folder", format!("/v1/blob/../server.key?{signature}")),
    ] {
        let status = put(&bad, b"evil".to_vec()).await;
        assert!(status.is_client_error(), "{what}: {status}");
    }
    assert!(get(&up[0].url).await.status().is_client_error(), "to read where one may put");
    let too_long = vec![0; usize::try_from(PART_BYTES).unwrap() + 100];
    assert_eq!(put(&up[0].url, too_long).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(desk.fetch(&filed).await == bytes, "nothing of it was touched");
    wait_for("its time is over", PATIENCE, async || {
        (put(&up[0].url, b"late".to_vec()).await == StatusCode::FORBIDDEN).then_some(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_clinical_is_not_for_the_desk() {
    let dir = tempfile::tempdir().unwrap();
    let house = clinic(dir.path(), &[], &[]).await;
    let lee = Desk::ready(&house, "dr-lee", "lee").await;
    let reception = Desk::ready(&house, "reception-1", "maria").await;
    let patient = lee.register("Nguyen").await;
    let letter = lee.file(patient, DocumentKind::Letter, b"a letter\n").await;
    assert_eq!(lee.bring(&letter, b"a letter\n").await, Some(DocumentAnswer::Stored));
    let consent = lee.file(patient, DocumentKind::Consent, b"a consent\n").await;
    assert_eq!(lee.bring(&consent, b"a consent\n").await, Some(DocumentAnswer::Stored));
    reception.until_row(&consent, |row| row.document.stored_at.is_some()).await;
    assert_eq!(reception.fetch(&consent).await, b"a consent\n");
    for step in [Step::Up, Step::Confirm, Step::Down] {
        assert_eq!(reception.ask(&letter, step).await, None, "{step:?}");
    }
    assert_eq!(reception.store.document(letter.kind.table(), letter.document_id).unwrap(), None);
}
