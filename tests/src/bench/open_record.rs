//! `open-record`: a patient's page of a clinician, with 2,000 entries in the clinical record.

use std::time::Instant;

use serde_json::Map;
use wattle_domain::entities::{Allergy, ClinicalNote, Condition, Medication, Observation};
use wattle_domain::fields::{AllergyKind, EntryStatus, NoteKind, ObservationCode};
use wattle_domain::{FeedClass, FeedSeq, PatientId, UserId, UtcInstant};
use wattle_local_store::{DataKey, Store};
use wattle_protocol::ipc::record::RecordQuery;
use wattle_protocol::pull::Frame;

use super::clinic::{Size, id, rows_of, today};
use super::figures::{Figures, peak_rss_mb, percentile};
use super::{file, floor};

const SIZE: Size = Size { patients: 5_000, practitioners: 10, appointments: 50_000 };
/// How many patients have a large record; one among them is opened at a time, in no order.
const LARGE: u32 = 60;
const OPENS: u32 = 600;
/// Entries of a large record: 2,000.
const NOTES: u32 = 500;
const VALUES: u32 = 1_200;
const MEDICINES: u32 = 200;
const PROBLEMS: u32 = 80;
const ALLERGIES: u32 = 20;
const TEXT: &str = "# History\nCough for three days, worse at night, no fever. Smoker until 2019.\n# Examination\nChest clear, \
    saturation 98 %.\n# Plan\n- Rest and fluids\n- Return if it gets worse or does not settle within a week\n";

/// Opens large records: what both questions of the page answer, as the text that goes to the window.
///
/// # Errors
/// The store says no.
pub fn run() -> anyhow::Result<Figures> {
    let entries = NOTES + VALUES + MEDICINES + PROBLEMS + ALLERGIES;
    let mut figures = Figures::new(
        "open-record",
        format!(
            "{OPENS} opens of {LARGE} patients with {entries} entries each: both answers of the page, as JSON"
        ),
        "p99 under 100 ms",
        "the same rows of the clinical record read bare, same file",
    );
    let dir = tempfile::tempdir()?;
    let (path, key) = (dir.path().join("wattle.db"), DataKey::generate()?);
    let store = file::open_as(&path, &key, "ref-front-clinical")?;
    file::fill(&store, SIZE)?;
    fill(&store)?;
    let patients: Vec<PatientId> =
        (0..OPENS).map(|n| PatientId(id(4, n.wrapping_mul(7919) % LARGE))).collect();
    let (viewer, mut times, mut bytes) = (UserId(id(1, 1)), Vec::new(), 0);
    for &patient_id in &patients {
        let start = Instant::now();
        let patient = store.patient(patient_id)?;
        let record = store.clinical_record(RecordQuery { patient_id, all: false }, viewer)?;
        let text = serde_json::to_string(&(patient, &record))?;
        times.push(start.elapsed());
        anyhow::ensure!(record.total == u64::from(entries), "{} entries are not {entries}", record.total);
        bytes = text.len();
    }
    let p99 = figures.times(times);
    let mut whole = Vec::new();
    for &patient_id in patients.iter().take(100) {
        let start = Instant::now();
        let record = store.clinical_record(RecordQuery { patient_id, all: true }, viewer)?;
        std::hint::black_box(serde_json::to_string(&record)?);
        whole.push(start.elapsed());
    }
    whole.sort_unstable();
    figures.put("all_entries_p99", percentile(&whole, 99));
    figures.put("answer_kb", bytes as f64 / 1000.0);
    drop(store);
    let mut bare = floor::records(&path, &key, &patients)?;
    bare.sort_unstable();
    let floor = percentile(&bare, 99);
    figures.put("floor", floor);
    figures.put("floor_ratio", p99 / floor.max(0.001));
    figures.put("peak_rss_mb", peak_rss_mb());
    figures.met = Some(p99 < 100.0);
    Ok(figures)
}

/// The large records, through the door of a pull.
fn fill(store: &Store) -> anyhow::Result<()> {
    let mut pull = store.begin_pull()?;
    let entries = u64::from(LARGE * (NOTES + VALUES + MEDICINES + PROBLEMS + ALLERGIES));
    pull.frame(Frame::Whole { feed: FeedClass::Clinical, rows: entries })?;
    for n in 0..LARGE {
        let whose = PatientId(id(4, n));
        let at = |k: u32| noon().plus_minutes(-i64::from(k % 2_000) * 600);
        pull.frame(rows_of(n * NOTES, (n + 1) * NOTES, |k| {
            let id = id(21, k);
            let note = ClinicalNote {
                id: id.into(),
                patient_id: whose,
                appointment_id: None,
                kind: NoteKind::Note,
                body: format!("{TEXT}Visit {k}"),
                author_id: UserId(self::id(1, 1)),
                signed_at: at(k),
                supersedes: None,
                amends: None,
            };
            (id, note)
        }))?;
        pull.frame(rows_of(n * VALUES, (n + 1) * VALUES, |k| {
            let codes = ObservationCode::ALL;
            let code = codes.get(k as usize % codes.len()).copied().unwrap_or(ObservationCode::Weight);
            let id = id(22, k);
            let value = Observation {
                id: id.into(),
                patient_id: whose,
                appointment_id: None,
                code,
                value_milli: Some(code.measure().range_milli.0 + i64::from(k % 40) * 100),
                second_milli: code.measure().second_milli.map(|(least, _)| least),
                unit: code.measure().unit.into(),
                effective_at: at(k),
                comment: None,
                supersedes: None,
            };
            (id, value)
        }))?;
        pull.frame(rows_of(n * MEDICINES, (n + 1) * MEDICINES, |k| {
            let id = id(23, k);
            let medicine = Medication {
                id: id.into(),
                patient_id: whose,
                code: None,
                text: format!("Amoxicillin {} mg capsules", k % 900),
                directions: Some("One three times a day for 5 days".into()),
                quantity: Some(20),
                repeats: Some(1),
                reason: None,
                started_on: Some(today()),
                ended_on: None,
                allergy_override: None,
                status: state(k, 10),
                field_changes: Map::new(),
            };
            (id, medicine)
        }))?;
        pull.frame(rows_of(n * PROBLEMS, (n + 1) * PROBLEMS, |k| {
            let id = id(24, k);
            let problem = Condition {
                id: id.into(),
                patient_id: whose,
                code: Some("asthma".into()),
                text: "Asthma".into(),
                comment: None,
                onset_on: Some(today()),
                ended_on: None,
                status: state(k, 4),
                field_changes: Map::new(),
            };
            (id, problem)
        }))?;
        pull.frame(rows_of(n * ALLERGIES, (n + 1) * ALLERGIES, |k| {
            let id = id(25, k);
            let allergy = Allergy {
                id: id.into(),
                patient_id: whose,
                kind: AllergyKind::Allergy,
                substance: Some(if k % 2 == 0 { "Penicillin".into() } else { format!("Dust of kind {k}") }),
                code: None,
                reaction: Some("rash".into()),
                severity: None,
                onset_on: None,
                status: state(k, 2),
                field_changes: Map::new(),
            };
            (id, allergy)
        }))?;
    }
    pull.frame(Frame::Page { feed: FeedClass::Clinical, to: FeedSeq(1) })?;
    let cursors = [FeedClass::Ref, FeedClass::Front, FeedClass::Clinical].map(|feed| (feed, FeedSeq(1)));
    pull.frame(Frame::Checkpoint {
        cursors: cursors.into(),
        answers: Vec::new(),
        complete: true,
        digests: Vec::new(),
    })?;
    pull.finish()?;
    Ok(())
}

/// One of so many holds now.
fn state(k: u32, of: u32) -> EntryStatus {
    if k.is_multiple_of(of) { EntryStatus::Active } else { EntryStatus::Inactive }
}

fn noon() -> UtcInstant {
    wattle_domain::ClinicZone::default().day(today()).0.plus_minutes(12 * 60)
}
