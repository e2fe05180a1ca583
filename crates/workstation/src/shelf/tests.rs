//! Bytes of documents on a disk.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use uuid::Uuid;
use wattle_document::PART_BYTES;
use wattle_domain::DocumentId;
use wattle_local_store::DataKey;

use super::{Lies, Shelf};

fn shelf(root: &std::path::Path) -> Shelf {
    Shelf::new(root.join("documents"), DataKey::from_bytes([9; 32]))
}

fn size(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap()
}

#[test]
fn what_was_put_is_read_and_rests_sealed() {
    let root = tempfile::tempdir().unwrap();
    let (shelf, id) = (shelf(root.path()), DocumentId(Uuid::now_v7()));
    let bytes = b"Zzyxcanary ".repeat(usize::try_from(PART_BYTES).unwrap() / 8);
    assert_eq!(shelf.read(id, 5).unwrap(), None, "nothing yet");
    shelf.put(Lies::Up, id, &bytes).unwrap();
    assert_eq!(shelf.lies(id), Some(Lies::Up));
    assert_eq!(shelf.read(id, size(&bytes)).unwrap().as_deref(), Some(bytes.as_slice()));
    let second = shelf.part(id, size(&bytes), 1).unwrap().unwrap();
    assert_eq!(second, bytes[usize::try_from(PART_BYTES).unwrap()..]);
    let file = root.path().join("documents/up").join(id.to_string());
    let rests = std::fs::read(&file).unwrap();
    assert!(!rests.windows(10).any(|w| w == b"Zzyxcanary"));

    let other = Shelf::new(root.path().join("documents"), DataKey::from_bytes([8; 32]));
    assert_eq!(other.read(id, size(&bytes)).unwrap(), None, "another key");
    assert_eq!(shelf.read(id, size(&bytes) - 1).unwrap(), None, "another size");
    shelf.confirmed(id).unwrap();
    assert_eq!((shelf.lies(id), shelf.to_send()), (Some(Lies::Kept), Vec::new()));
    assert!(shelf.read(id, size(&bytes)).unwrap().is_some());
    shelf.send_again(id).unwrap();
    assert_eq!(shelf.to_send(), [id]);

    std::fs::write(&file, &rests[..rests.len() / 2]).unwrap();
    assert_eq!(shelf.read(id, size(&bytes)).unwrap(), None, "a file that was cut");
}

#[test]
fn what_a_crash_left_of_a_file_is_no_document() {
    let root = tempfile::tempdir().unwrap();
    let (shelf, id) = (shelf(root.path()), DocumentId(Uuid::now_v7()));
    std::fs::create_dir_all(root.path().join("documents/up")).unwrap();
    std::fs::write(root.path().join("documents/up").join(format!("{id}.part")), b"half").unwrap();
    assert_eq!((shelf.lies(id), shelf.to_send()), (None, Vec::new()));
    shelf.put(Lies::Up, id, b"whole").unwrap();
    assert_eq!(shelf.read(id, 5).unwrap().as_deref(), Some(b"whole".as_slice()));
}

#[test]
fn copies_go_when_there_are_too_many_and_what_is_unsent_never() {
    let root = tempfile::tempdir().unwrap();
    let shelf = shelf(root.path());
    let ids: Vec<DocumentId> = (0..4).map(|_| DocumentId(Uuid::now_v7())).collect();
    for (age, id) in (0..).zip(&ids) {
        shelf.put(if age == 3 { Lies::Up } else { Lies::Kept }, *id, &[1; 1000]).unwrap();
        let folder = root.path().join(if age == 3 { "documents/up" } else { "documents/kept" });
        let file = std::fs::File::options().write(true).open(folder.join(id.to_string())).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(1000 - age)).unwrap();
    }
    // The oldest is wanted today, so the second goes.
    shelf.trim(2_100, &BTreeSet::from([ids[0]])).unwrap();
    let lie: Vec<_> = ids.iter().map(|id| shelf.lies(*id)).collect();
    assert_eq!(lie, [Some(Lies::Kept), None, Some(Lies::Kept), Some(Lies::Up)]);
    shelf.trim(0, &BTreeSet::new()).unwrap();
    let lie: Vec<_> = ids.iter().map(|id| shelf.lies(*id)).collect();
    assert_eq!(lie, [None, None, None, Some(Lies::Up)]);
}
