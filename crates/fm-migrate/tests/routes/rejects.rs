//! The list for a person: whole, with texts as FileMaker has them, for nobody else.

use std::collections::BTreeMap;
use std::path::Path;

use wattle_filemaker_standin::Settings;
use wattle_fm_migrate::rejects::{Listed, Request, list};
use wattle_fm_migrate::wire::Route;

use super::support::{CLINIC, House, database, small};

/// The lines of a sheet, by the names in its head.
fn sheet(path: &Path) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_path(path).unwrap().deserialize().map(|line| line.unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_record_that_did_not_come_is_listed_with_its_key_and_its_text() {
    let Some(url) = database("rejects").await else { return };
    let house = House::new(small(), Settings::default()).await;
    // A word that is in no mapping, in every third patient or so.
    house.edit_mapping("\"F\" = \"female\"\n", "");
    let out = house.folder.path().join("list");
    let request = |out: &Path| Request {
        mapping: house.mapping(),
        database_url: url.clone(),
        clinic: CLINIC,
        out: out.to_owned(),
    };
    let early = list(&request(&out)).await.unwrap_err().to_string();
    assert!(early.contains("run import first") && !out.exists(), "{early}");
    let report = house.import(&url, Route::File).await.unwrap();
    let listed = list(&request(&out)).await.unwrap();
    let total = |of: fn(&wattle_fm_migrate::report::TableReport) -> u64| report.tables.values().map(of).sum();
    let (rejects, notes, texts) =
        (sheet(&out.join("rejects.csv")), sheet(&out.join("notes.csv")), sheet(&out.join("texts.csv")));
    assert_eq!(
        (listed.rejected, listed.noted, listed.texts),
        (total(|t| t.rejected), total(|t| t.notes.values().sum()), texts.len() as u64)
    );
    assert_eq!((rejects.len() as u64, notes.len() as u64), (listed.rejected, listed.noted));
    assert!(listed.rejected > 10 && listed.noted > 10);

    let unknown: Vec<_> = notes
        .iter()
        .filter(|n| n["reason"] == "VALUE_UNKNOWN" && n["field"] == "Sex" && n["text"] == "F")
        .collect();
    assert!(unknown.len() > 20 && unknown.iter().all(|n| n["table"] == "patients" && !n["key"].is_empty()));
    let first = texts.iter().find(|t| t["field"] == "Sex" && t["text"] == "F").unwrap();
    assert_eq!(first["records"], unknown.len().to_string());
    let counts: Vec<u64> = texts.iter().map(|t| t["records"].parse().unwrap()).collect();
    assert!(counts.is_sorted_by(|a, b| a >= b), "the most frequent first");
    // A date that is none, as it was typed, at the record that has it.
    let date = rejects.iter().find(|r| r["table"] == "appointments" && r["field"] == "ApptDate").unwrap();
    let export = std::fs::read_to_string(house.folder.path().join("Appointments.csv")).unwrap();
    let line = export.split('\r').find(|line| line.contains(&format!("\"{}\"", date["key"]))).unwrap();
    assert!(!date["text"].is_empty() && line.contains(&date["text"]), "{date:?} {line}");

    let again = list(&request(&out)).await.unwrap_err().to_string();
    assert!(again.contains("list"), "{again}");
    #[cfg(unix)]
    for name in ["rejects.csv", "notes.csv", "texts.csv"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(out.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} is its owner's");
    }
    assert_ne!(listed, Listed::default());
}
