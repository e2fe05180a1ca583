//! A file carried page by page into another one under another key.

use std::path::Path;
use std::sync::Arc;

use wattle_domain::WorkstationId;
use wattle_local_store::pages::{Import, PAGE_BYTES, RESERVED_BYTES, export};
use wattle_local_store::{DataKey, Error, Identity, OpenError, Store};
use wattle_protocol::ipc::patients::SearchPatients;

use super::cast::*;

/// The builder's file: some thousand patients with a phone each.
fn built(folder: &Path) -> Vec<Vec<u8>> {
    let names = ["Costa", "Nguyen", "O'Brien", "Rossi", "Wollongbar"];
    let patients: Vec<_> = (1..=3000_u128)
        .map(|n| patient(n, &format!("Given{n}"), names[n as usize % names.len()], "1963-02-01"))
        .collect();
    let store = open(folder);
    store.adopt_epoch("one").unwrap();
    let mut frames = clinic_frames(&patients);
    let phones: Vec<_> = (1..=3000).map(|n| phone(n, n, &format!("+6141{n:07}"))).collect();
    frames.extend([frame(&phones), frame(&[appointment(1, 1, 1, 0)]), checkpoint(7, vec![])]);
    pull(&store, frames);
    drop(store);
    let mut pages = Vec::new();
    let export = export(&folder.join("clinic.db"), &key()).unwrap();
    export
        .each(|number, page| {
            assert_eq!(number as usize, pages.len() + 1, "in order");
            pages.push(page.to_vec());
            Ok::<_, Error>(())
        })
        .unwrap();
    assert_eq!(pages.len(), export.pages() as usize);
    pages
}

fn own_key() -> DataKey {
    DataKey::from_bytes([9; 32])
}

fn clock() -> Arc<HandClock> {
    Arc::new(HandClock(NINE.0.into()))
}

#[test]
fn a_file_made_of_pages_has_every_row_and_finds_every_name_under_its_own_key() {
    let (built_in, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let pages = built(built_in.path());
    for page in &pages {
        assert_eq!(page.len(), PAGE_BYTES);
        assert!(
            page[PAGE_BYTES - RESERVED_BYTES..].iter().all(|byte| *byte == 0),
            "nothing of the builder's key"
        );
    }
    let path = folder.path().join("clinic.db");
    let mut import = Import::begin(&path, &own_key(), pages.len() as u32).unwrap();
    for (at, page) in pages.iter().enumerate() {
        import.page(at as u32 + 1, page).unwrap();
    }
    assert_eq!(import.missing(), 0);
    import.finish().unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert!(!bytes.windows(10).any(|w| w == b"Wollongbar"), "sealed again");

    let here = Identity { workstation: WorkstationId(id(0, 77)), ..identity() };
    let store = Store::open_imported(&path, &own_key(), here.clone(), clock()).unwrap();
    let original = open(built_in.path()).sync_facts().unwrap();
    let facts = store.sync_facts().unwrap();
    assert_eq!((&facts.epoch, &facts.cursors), (&original.epoch, &original.cursors));
    assert_ne!(facts.replica, original.replica, "it numbers for itself");
    assert_eq!((facts.last_n, facts.outbox_len), (0, 0));
    let search = SearchPatients { query: "wollongbar given2999".into(), limit: 5 };
    assert_eq!(store.search_patients(&search).unwrap()[0].id, id(3, 2999).into());
    assert_eq!(store.patient(id(3, 3000).into()).unwrap().unwrap().contacts[0].value, "+61410003000");
    store.submit(&maria(), book(2, 1, 30)).expect("people can work in it");
    drop(store);
    let check: String =
        look_with(folder.path(), "09").query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    let store = Store::open(&path, &own_key(), here, clock()).expect("from now on as any file");
    assert_eq!(store.sync_facts().unwrap().outbox_len, 1);
}

#[test]
fn a_file_with_pages_missing_is_not_finished_and_a_second_try_begins_anew() {
    let (built_in, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let pages = built(built_in.path());
    let path = folder.path().join("incoming");
    let mut import = Import::begin(&path, &own_key(), pages.len() as u32).unwrap();
    for (at, page) in pages.iter().enumerate().take(pages.len() - 1) {
        import.page(at as u32 + 1, page).unwrap();
    }
    assert!(matches!(import.finish(), Err(Error::Incomplete)));
    // As a crash would leave it, under the same name.
    let mut import = Import::begin(&path, &own_key(), pages.len() as u32).unwrap();
    assert!(import.page(0, &pages[0]).is_err(), "pages count from 1");
    assert!(import.page(pages.len() as u32 + 1, &pages[0]).is_err(), "more than was said");
    assert!(import.page(1, &pages[0][1..]).is_err(), "short");
    assert!(import.page(1, &[0; PAGE_BYTES]).is_err(), "no first page");
    assert!(import.page(2, &pages[1]).is_err(), "out of order");
    for (at, page) in pages.iter().enumerate() {
        import.page(at as u32 + 1, page).unwrap();
    }
    import.finish().unwrap();
    Store::open_imported(&path, &own_key(), identity(), clock()).unwrap();
}

#[test]
fn an_image_of_another_profile_or_with_commands_in_it_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clinic.db");
    let store = desk(folder.path(), &[patient(1, "Maria", "Costa", "1963-02-01")]);
    drop(store);
    let other = Identity { profile: "ref-front-clinical".into(), ..identity() };
    assert!(matches!(Store::open_imported(&path, &key(), other, clock()), Err(OpenError::OtherIdentity)));
    let store = open(folder.path());
    store.submit(&maria(), book(1, 1, 0)).unwrap();
    drop(store);
    assert!(matches!(
        Store::open_imported(&path, &key(), identity(), clock()),
        Err(OpenError::OtherIdentity)
    ));
    assert_eq!(open(folder.path()).sync_facts().unwrap().outbox_len, 1, "and is as it was");
}
