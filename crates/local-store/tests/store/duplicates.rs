//! Possible duplicates, on FEBRL's people with typing errors.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use wattle_domain::duplicate::{Likeness, possible};
use wattle_domain::fields::{BirthDateAccuracy, Sex};
use wattle_domain::search_text::key;
use wattle_protocol::ipc::patients::PatientDraft;

use super::cast::*;

struct Person {
    record: String,
    likeness: Likeness,
    keys: Vec<String>,
}

/// The people of a data set, or nothing (said aloud) where the fixtures are not at hand.
fn febrl(name: &str) -> Option<Vec<Person>> {
    let path: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "..", "..", "..", "shared", "fixtures", "febrl", name].iter().collect();
    if !path.exists() {
        println!("SKIPPED FEBRL: shared/fixtures/febrl/{name} is not here");
        return None;
    }
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).unwrap();
    let people = reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            let (given, family) = (&record[1], &record[2]);
            let street = format!("{} {}", &record[3], &record[4]);
            let born = &record[9];
            let date = (born.len() == 8)
                .then(|| format!("{}-{}-{}", &born[..4], &born[4..6], &born[6..]).parse().ok())
                .flatten();
            let mut likeness = Likeness::new(Some(given), family, date);
            likeness.add_identifier(&record[10]);
            if !record[4].is_empty() {
                likeness.add_street(&street);
            }
            let keys = [("g", given), ("f", family), ("b", born), ("i", &record[10]), ("s", street.as_str())];
            let keys = keys.iter().filter(|(_, v)| !key(v).is_empty()).map(|(k, v)| format!("{k}{}", key(v)));
            Person { record: record[0].to_owned(), likeness, keys: keys.collect() }
        })
        .collect();
    Some(people)
}

/// Pairs that share at least one value: all others cannot agree in two.
fn candidates(people: &[Person]) -> BTreeSet<(usize, usize)> {
    let mut by_key: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, person) in people.iter().enumerate() {
        person.keys.iter().for_each(|k| by_key.entry(k).or_default().push(i));
    }
    let mut pairs = BTreeSet::new();
    for group in by_key.values() {
        for (n, &a) in group.iter().enumerate() {
            pairs.extend(group[n + 1..].iter().map(|&b| (a, b)));
        }
    }
    pairs
}

#[test]
fn two_of_five_finds_most_true_pairs_and_little_else() {
    for (name, least_recall, least_precision) in [("dataset1.csv", 0.95, 0.95), ("dataset2.csv", 0.9, 0.9)] {
        let Some(people) = febrl(name) else { return };
        let person_of = |record: &str| record.split('-').nth(1).unwrap().to_owned();
        let mut members: BTreeMap<String, u64> = BTreeMap::new();
        people.iter().for_each(|p| *members.entry(person_of(&p.record)).or_default() += 1);
        let truth: u64 = members.values().map(|n| n * (n - 1) / 2).sum();
        let (mut right, mut wrong) = (0_u64, 0_u64);
        for (a, b) in candidates(&people) {
            let (a, b) = (&people[a], &people[b]);
            if possible(&a.likeness.agreements(&b.likeness)) {
                let same = person_of(&a.record) == person_of(&b.record);
                if same { right += 1 } else { wrong += 1 }
            }
        }
        let (recall, precision) = (right as f64 / truth as f64, right as f64 / (right + wrong) as f64);
        println!("{name}: recall {recall:.3}, precision {precision:.3} of {truth} pairs");
        assert!(recall >= least_recall, "{name}: {recall}");
        assert!(precision >= least_precision, "{name}: {precision}");
    }
}

#[test]
fn the_form_shows_who_it_may_be() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let patients = [
        patient(1, "Maria", "Costa", "1963-02-01"),
        patient(2, "Maria", "Rossi", "1971-01-01"),
        patient(3, "Jo", "Costa", "1990-09-09"),
    ];
    let mut frames = clinic_frames(&patients);
    frames.extend([
        frame(&[phone(1, 1, "+61412345678")]),
        frame(&[address(1, 3, "6 Mill St", "Coburg")]),
        checkpoint(1, vec![]),
    ]);
    pull(&store, frames);
    let mut draft: PatientDraft = serde_json::from_value(serde_json::json!({
        "details": {"family_name": "costa", "given_name": "María", "birth_date_accuracy": "unknown", "sex": "unknown"},
        "parts": {"contacts": [{"id": id(4, 9), "kind": "mobile", "value": "0412 345 678"}]}
    }))
    .unwrap();
    assert_eq!(
        (draft.details.sex, draft.details.birth_date_accuracy),
        (Sex::Unknown, BirthDateAccuracy::Unknown)
    );
    let found = store.possible_duplicates(&draft).unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].agrees, ["given_name", "family_name", "phone"]);
    draft.parts.addresses = vec![
        serde_json::from_value(serde_json::json!({"id": id(8, 9), "kind": "home", "line1": "6 mill st."}))
            .unwrap(),
    ];
    let found = store.possible_duplicates(&draft).unwrap();
    assert_eq!(found.len(), 2, "family name and street");
    assert_eq!(found[1].hit.id, id(3, 3).into(), "who agrees most is first");
    draft.details.given_name = None;
    draft.parts = Default::default();
    assert!(store.possible_duplicates(&draft).unwrap().is_empty(), "one name is nobody yet");
}
