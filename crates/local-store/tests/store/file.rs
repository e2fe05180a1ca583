//! The file on disk: what is in it, who opens it, what a damaged one means.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use wattle_domain::WorkstationId;
use wattle_local_store::{DataKey, Identity, OpenError, Store};

use super::cast::*;

fn bytes(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

fn open_with(folder: &Path, key: &DataKey) -> Result<Store, OpenError> {
    Store::open(&folder.join("clinic.db"), key, identity(), std::sync::Arc::new(HandClock(NINE.0.into())))
}

/// Copies a file of an open store, log and all, as a kill -9 would leave it.
fn as_killed(store: &Store, from: &Path, to: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        std::fs::copy(from.join(format!("clinic.db{suffix}")), to.join(format!("clinic.db{suffix}")))
            .unwrap();
    }
    drop(store.sync_facts());
}

#[test]
fn no_name_can_be_read_from_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let store = desk(folder.path(), &[patient(1, "Philippa", "Wollongbar", "1963-02-01")]);
    store.submit(&maria(), book(1, 1, 0)).unwrap();
    let clear = |files: &[(String, Vec<u8>)]| {
        let needles: [&[u8]; 4] = [b"Wollongbar", b"wollongbar", b"SQLite format", b"CREATE TABLE"];
        files.iter().any(|(_, bytes)| needles.iter().any(|n| bytes.windows(n.len()).any(|w| &w == n)))
    };
    let open_files = bytes(folder.path());
    assert!(open_files.len() >= 2, "the log is there too");
    assert!(!clear(&open_files));
    drop(store);
    assert!(!clear(&bytes(folder.path())));
    assert!(clear(&[("x".into(), b"ab Wollongbar".to_vec())]), "the search would find it");
}

#[test]
fn a_wrong_key_changes_no_byte_also_with_a_log_to_recover() {
    let (folder, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = desk(folder.path(), &[patient(1, "Maria", "Costa", "1963-02-01")]);
    store.submit(&maria(), book(1, 1, 0)).unwrap();
    as_killed(&store, folder.path(), killed.path());
    drop(store);
    for folder in [folder.path(), killed.path()] {
        let before = bytes(folder);
        let wrong = open_with(folder, &DataKey::from_bytes([8; 32]));
        assert!(matches!(wrong, Err(OpenError::WrongKey)), "{wrong:?}");
        assert!(before == bytes(folder), "not a byte");
        let store = open_with(folder, &key()).unwrap();
        assert_eq!(store.sync_facts().unwrap().outbox_len, 1, "the right one still opens it");
    }
}

#[test]
fn a_file_of_another_workstation_is_not_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let other = Identity { workstation: WorkstationId(id(0, 77)), ..identity() };
    let path = folder.path().join("clinic.db");
    let opened = Store::open(&path, &key(), other, std::sync::Arc::new(HandClock(NINE.0.into())));
    assert!(matches!(opened, Err(OpenError::OtherIdentity)));
}

#[test]
fn a_newer_schema_asks_for_a_newer_app() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    look(folder.path()).pragma_update(None, "user_version", 4000).unwrap();
    assert!(matches!(open_with(folder.path(), &key()), Err(OpenError::TooNew { found: 4000, .. })));
}

/// Overwrites a page of the file.
fn damage(file: &Path, page: u64) {
    let mut file = std::fs::OpenOptions::new().read(true).write(true).open(file).unwrap();
    file.seek(SeekFrom::Start(page * 4096 + 100)).unwrap();
    file.write_all(&[0xaa; 300]).unwrap();
}

#[test]
fn a_damaged_first_page_is_told_from_a_wrong_key() {
    let folder = tempfile::tempdir().unwrap();
    drop(desk(folder.path(), &[patient(1, "Maria", "Costa", "1963-02-01")]));
    damage(&folder.path().join("clinic.db"), 0);
    let before = bytes(folder.path());
    assert!(matches!(open_with(folder.path(), &key()), Err(OpenError::Damaged)), "other pages fit the key");
    assert!(matches!(open_with(folder.path(), &DataKey::from_bytes([8; 32])), Err(OpenError::WrongKey)));
    assert!(before == bytes(folder.path()));
    // Nothing can be read of it, and that is said; an empty outbox would be another thing.
    let aside = Store::set_aside_damaged(&folder.path().join("clinic.db")).unwrap().path;
    let fresh = open(folder.path());
    assert!(Store::recover_outbox(&aside, &key(), &fresh).is_err());
}

#[test]
fn a_file_of_rubbish_is_a_wrong_key_until_the_key_is_proven() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("clinic.db"), vec![0x5a; 40_000]).unwrap();
    assert!(matches!(open_with(folder.path(), &key()), Err(OpenError::WrongKey)));
    assert!(matches!(open_with(folder.path(), &key().proven()), Err(OpenError::Damaged)));
}

#[test]
fn a_first_page_torn_by_a_power_cut_is_mended_from_the_log() {
    let (folder, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = desk(folder.path(), &[patient(1, "Maria", "Costa", "1963-02-01")]);
    store.submit(&maria(), book(1, 1, 0)).unwrap();
    // A write of the first page, so that the log has it.
    store.adopt_epoch("one").unwrap();
    as_killed(&store, folder.path(), killed.path());
    let path = killed.path().join("clinic.db");
    damage(&path, 0);
    let store = open_with(killed.path(), &key()).expect("the log has the page whole");
    assert_eq!(store.sync_facts().unwrap().outbox_len, 1);
}

#[test]
fn a_damaged_file_is_set_aside_and_its_outbox_carried_over() {
    let folder = tempfile::tempdir().unwrap();
    let patients: Vec<_> = (1..400).map(|n| patient(n, "Maria", "Costa", "1963-02-01")).collect();
    let store = desk(folder.path(), &patients);
    let author = maria();
    let first = store.submit(&author, book(1, 1, 0)).unwrap();
    store.submit(&author, book(2, 2, 15)).unwrap();
    let before = store.outbox_batch(9, usize::MAX).unwrap();
    let path = store.path().to_owned();
    drop(store);
    // A page of some table, in the middle of the file.
    damage(&path, 20);
    let aside = Store::set_aside_damaged(&path).unwrap().path;
    assert!(!path.exists() && aside.exists(), "renamed, not deleted");
    let store = open(folder.path());
    assert_eq!(Store::recover_outbox(&aside, &key(), &store).unwrap(), 2);
    assert_eq!(store.outbox_batch(9, usize::MAX).unwrap(), before, "the same texts and signatures");
    assert_eq!(Store::recover_outbox(&aside, &key(), &store).unwrap(), 0, "once is enough");
    // The first sync brings the ground for their effect.
    let mut frames = clinic_frames(&patients);
    frames.push(checkpoint(1, vec![applied(first.command_id)]));
    pull(&store, frames);
    let third = store.submit(&author, book(3, 3, 30)).unwrap();
    let last = store.outbox_batch(9, usize::MAX).unwrap().pop().unwrap();
    assert!(last.payload.contains(&third.command_id.to_string()) && last.payload.contains("\"n\":3"));
    let again = Store::set_aside_damaged(&path);
    drop(store);
    assert_ne!(again.unwrap().path, aside, "a second one gets its own name");
}

#[test]
fn a_crash_while_a_file_is_set_aside_loses_nothing_that_was_saved() {
    let (folder, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = desk(folder.path(), &[patient(1, "Maria", "Costa", "1963-02-01")]);
    store.submit(&maria(), book(1, 1, 0)).unwrap();
    as_killed(&store, folder.path(), killed.path());
    let path = killed.path().join("clinic.db");
    // The log was renamed, then the lights went out: the file alone would open as a valid older one.
    std::fs::rename(killed.path().join("clinic.db-wal"), killed.path().join("clinic.db.damaged-1-wal"))
        .unwrap();
    Store::finish_setting_aside(&path).unwrap();
    assert!(!path.exists(), "the file follows its log");
    let fresh = open(killed.path());
    Store::recover_set_aside(&path, &key(), &fresh);
    assert_eq!(fresh.sync_facts().unwrap().outbox_len, 1, "what was saved is still to be sent");
    assert!(killed.path().join("clinic.db.damaged-1.recovered").exists(), "and is not looked for again");
    drop(fresh);
    let second = Store::set_aside_damaged(&path).unwrap().path;
    assert!(second.ends_with("clinic.db.damaged-2"), "a name with a log under it is taken");
}
