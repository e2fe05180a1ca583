//! Patients by what a receptionist types.

use wattle_domain::fields::IdentifierKind;
use wattle_local_store::Store;
use wattle_protocol::ipc::patients::{PatientHit, SearchPatients};

use super::cast::*;

fn clinic() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mut preferred = patient(4, "Margaret", "Smith", "1950-07-30");
    preferred.preferred_name = Some("Peggy".into());
    let mut merged = patient(9, "Maria", "Costa", "1963-02-01");
    merged.merged_into = Some(id(3, 1).into());
    let patients = [
        patient(1, "María", "Costa", "1963-02-01"),
        patient(2, "Sean", "O'Brien-Walsh", "1970-12-11"),
        patient(3, "Thị Linh", "Nguyễn", "1988-03-04"),
        preferred,
        patient(5, "John", "Smithers", "1961-01-02"),
        patient(6, "Catherine", "Thompson", "1992-10-10"),
        patient(7, "", "Lee", "1963-02-01"),
        patient(8, "Lee", "Young", "2001-05-05"),
        merged,
    ];
    let mut frames = clinic_frames(&patients);
    frames.extend([
        frame(&[
            identifier(1, 2, IdentifierKind::Medicare, "2123456701"),
            identifier(2, 3, IdentifierKind::Dva, "NBUR9080"),
            identifier(3, 1, IdentifierKind::Ihi, "8003608833357361"),
        ]),
        frame(&[phone(1, 1, "+61412345678"), phone(2, 5, "+61291234567")]),
        frame(&[address(1, 6, "6 Mill St", "Brunswick East")]),
        checkpoint(1, vec![]),
    ]);
    pull(&store, frames);
    (folder, store)
}

fn hits(store: &Store, query: &str) -> Vec<PatientHit> {
    store.search_patients(&SearchPatients { query: query.into(), limit: 20 }).unwrap()
}

fn found(store: &Store, query: &str) -> Vec<u128> {
    hits(store, query).iter().map(|hit| hit.id.0.as_u128() & 0xffff).collect()
}

#[test]
fn names_in_any_order_by_parts_and_however_written() {
    let (_folder, store) = clinic();
    for (query, expected, why) in [
        ("costa maria", vec![1], "family and given"),
        ("maria costa", vec![1], "the other way round"),
        ("MAR cos", vec![1], "parts"),
        ("o'brien", vec![2], "apostrophe"),
        ("obrien", vec![2], "none"),
        ("brien walsh", vec![2], "parts of a double name"),
        ("walsh", vec![2], "its second part"),
        ("obrienwalsh", vec![2], "in one"),
        ("nguyen", vec![3], "without accents"),
        ("Nguyễn linh", vec![3], "with them"),
        ("peggy", vec![4], "preferred name"),
        ("smith", vec![4, 5], "whole words before beginnings"),
        ("lee", vec![7, 8], "family name before given name"),
        ("brunswick", vec![6], "suburb"),
        ("costa smith", vec![], "every word must fit"),
        ("", vec![], "nothing typed"),
        ("\" OR * --", vec![], "punctuation is no query language"),
    ] {
        assert_eq!(found(&store, query), expected, "{query}: {why}");
    }
}

#[test]
fn numbers_dates_and_identifiers() {
    let (_folder, store) = clinic();
    for (query, expected, why) in [
        ("0412 345 678", vec![1], "a phone as it is written"),
        ("+61 412 345", vec![1], "with the country"),
        ("0412345", vec![1], "its beginning"),
        ("5678", vec![1], "its last digits"),
        ("9123 4567", vec![5], "a landline without its area"),
        ("1/2/63", vec![7, 1], "a birth date"),
        ("01021963", vec![7, 1], "in digits"),
        ("010263", vec![7, 1], "in six"),
        ("1963-02-01", vec![7, 1], "as the computer writes it"),
        ("1963-02-01 costa", vec![1], "with a name"),
        ("2123 45670 1", vec![2], "a Medicare card"),
        ("nbur9080", vec![3], "a DVA number"),
        ("9080", vec![3], "its digits"),
        ("8003 6088 3335", vec![1], "an IHI"),
        ("P00006", vec![6], "a record number"),
        ("00006", vec![6], "its digits"),
    ] {
        let mut sorted = (found(&store, query), expected);
        sorted.0.sort_unstable();
        sorted.1.sort_unstable();
        assert_eq!(sorted.0, sorted.1, "{query}: {why}");
    }
}

#[test]
fn sounds_and_one_wrong_letter_come_after_what_is_exact() {
    let (_folder, store) = clinic();
    for (query, expected) in [("tompson", 6), ("kathryn", 6), ("nguyan", 3), ("csota", 1), ("margret", 4)] {
        let hits = hits(&store, query);
        let hit = hits.iter().find(|h| h.id.0.as_u128() & 0xffff == expected);
        assert!(hit.is_some_and(|h| h.fuzzy), "{query}: {hits:?}");
    }
    let smyth = hits(&store, "smith");
    assert!(
        smyth.iter().all(|h| !h.fuzzy)
            || smyth.iter().rposition(|h| !h.fuzzy) < smyth.iter().position(|h| h.fuzzy)
    );
    assert_eq!(hits(&store, "costa maria")[0].matched, ["costa", "maria"], "what to mark");
}

#[test]
fn the_index_follows_every_change() {
    let (_folder, store) = clinic();
    let mut renamed = patient(1, "Maria", "Rossi", "1963-02-01");
    renamed.deceased_on = "2026-01-01".parse().ok();
    pull(&store, [frame(&[renamed]), frame(&[phone(1, 1, "+61498765432")]), checkpoint(2, vec![])]);
    assert_eq!(found(&store, "costa"), Vec::<u128>::new(), "the old name is gone");
    assert!(hits(&store, "rossi")[0].deceased);
    assert_eq!(found(&store, "0498"), [1]);
    assert!(found(&store, "0412345678").is_empty());
    pull(
        &store,
        [
            wattle_protocol::pull::Frame::Gone {
                feed: wattle_domain::FeedClass::Front,
                table: "patient".into(),
                ids: vec![id(3, 1)],
            },
            checkpoint(3, vec![]),
        ],
    );
    assert!(found(&store, "rossi").is_empty());
}
