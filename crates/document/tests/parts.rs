//! Parts open at their own place only.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use uuid::Uuid;
use wattle_document::{DocumentKey, Error, PART_BYTES, Parts, SEAL_BYTES};

#[test]
fn sizes_of_parts() {
    for (size, count, last, why) in [
        (1, 1, 1, "one byte"),
        (PART_BYTES, 1, PART_BYTES, "just one part"),
        (PART_BYTES + 1, 2, 1, "one byte more"),
        (3 * PART_BYTES - 1, 3, PART_BYTES - 1, "one byte less"),
    ] {
        assert_eq!(Parts::count(size), count, "{why}");
        assert_eq!(Parts::plain_bytes(size, count - 1), Some(last), "{why}");
        assert_eq!(Parts::sealed_bytes(size, count - 1), Some(last + SEAL_BYTES), "{why}");
        assert_eq!(Parts::plain_bytes(size, count), None, "{why}");
    }
}

#[test]
fn a_part_opens_at_its_own_place_and_nowhere_else() {
    let (id, size) = (Uuid::new_v4(), PART_BYTES + 3);
    let key = DocumentKey::generate().unwrap();
    let parts = Parts::new(id, size, &key).unwrap();
    let first = vec![7; usize::try_from(PART_BYTES).unwrap()];
    let sealed = parts.seal(0, &first).unwrap();
    assert_eq!(parts.open(0, sealed.clone()).unwrap(), first);
    assert_ne!(sealed, parts.seal(0, &first).unwrap(), "no nonce comes twice");
    assert_eq!(parts.open(1, parts.seal(1, b"end").unwrap()).unwrap(), b"end");

    assert_eq!(parts.open(1, sealed.clone()), Err(Error::Length), "another place");
    assert_eq!(parts.open(2, sealed.clone()), Err(Error::Length), "no such part");
    let mut cut = sealed.clone();
    cut.pop();
    assert_eq!(parts.open(0, cut), Err(Error::Length), "cut");
    for at in [0, 12, sealed.len() - 1] {
        let mut altered = sealed.clone();
        altered[at] ^= 1;
        assert_eq!(parts.open(0, altered), Err(Error::Seal), "altered at {at}");
    }
    let other = Parts::new(Uuid::new_v4(), size, &key).unwrap();
    assert_eq!(other.open(0, sealed.clone()), Err(Error::Seal), "another document");
    let longer = Parts::new(id, size + 1, &key).unwrap();
    assert_eq!(longer.open(0, sealed.clone()), Err(Error::Seal), "another size");
    let stranger = Parts::new(id, size, &DocumentKey::generate().unwrap()).unwrap();
    assert_eq!(stranger.open(0, sealed), Err(Error::Seal), "another key");
}

#[test]
fn two_parts_of_one_length_do_not_change_places() {
    let (id, size) = (Uuid::new_v4(), 2 * PART_BYTES);
    let parts = Parts::new(id, size, &DocumentKey::generate().unwrap()).unwrap();
    let plain = vec![1; usize::try_from(PART_BYTES).unwrap()];
    assert_eq!(parts.open(1, parts.seal(0, &plain).unwrap()), Err(Error::Seal));
}

#[test]
fn keys_travel_as_base64() {
    let key = DocumentKey::generate().unwrap();
    assert_eq!(DocumentKey::from_base64(&key.to_base64()).unwrap(), key);
    for bad in ["", "AAAA", &"A".repeat(44), "?"] {
        assert_eq!(DocumentKey::from_base64(bad), Err(Error::Key), "{bad}");
    }
    assert_eq!(format!("{key:?}"), "DocumentKey(…)");
}
