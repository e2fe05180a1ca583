//! The generator's dirt is found again as exactly the rejects and notes that it says it planted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use wattle_domain::{ClinicId, TableName};
use wattle_fm_migrate::convert::appointments::{self, Appointments};
use wattle_fm_migrate::convert::overlap::Overlaps;
use wattle_fm_migrate::convert::patients::{self, Patients};
use wattle_fm_migrate::convert::practitioners::{self, Practitioners};
use wattle_fm_migrate::convert::record::{self, Containers, Ledger, Surroundings, converter};
use wattle_fm_migrate::convert::setup::{Setup, rosters};
use wattle_fm_migrate::convert::{Census, Outcome, TargetRow};
use wattle_fm_migrate::ids::{Namespace, SourceTable};
use wattle_fm_migrate::mapping::{Bound, Mapping, TableMapping};
use wattle_fm_migrate::raw::{RawColumn, RawRow};
use wattle_fm_migrate::read::Source;
use wattle_fm_migrate::sample::{self, Plan, Planted, TableTruth, Truth};

fn rows(mapping: &Mapping, table: &TableMapping) -> (Vec<RawColumn>, Vec<RawRow>) {
    let mut source = Source::open(&mapping.export(table), &table.layout).unwrap();
    let columns = source.columns().to_vec();
    let (mut all, mut row) = (Vec::new(), RawRow::default());
    while source.next(&mut row).unwrap() {
        all.push(row.clone());
    }
    (columns, all)
}

fn census(bound: &Bound, rows: &[RawRow]) -> Census {
    let mut census = Census::default();
    for row in rows {
        census.add(row, bound.cells(row).raw("key"));
    }
    census
}

#[derive(Default)]
struct Seen {
    loaded: u64,
    rejects: BTreeSet<Planted>,
    notes: BTreeSet<Planted>,
    tables: BTreeMap<&'static str, usize>,
}

impl Seen {
    fn take(&mut self, row: &RawRow, outcome: Outcome) {
        let planted = |reason: wattle_fm_migrate::reason::Reason| Planted {
            position: row.position,
            code: reason.code.as_str().into(),
            column: reason.column,
        };
        match outcome {
            Ok(typed) => {
                self.loaded += 1;
                self.notes.extend(typed.notes.into_iter().map(planted));
                for target in typed.rows {
                    says_what_it_must(&target);
                    *self.tables.entry(target.table.as_str()).or_default() += 1;
                }
            }
            Err(reason) => {
                self.rejects.insert(planted(reason));
            }
        }
    }

    fn is(&self, truth: &TableTruth, name: &str) {
        let rejects: BTreeSet<Planted> = truth.rejects.iter().cloned().collect();
        let notes: BTreeSet<Planted> = truth.notes.iter().cloned().collect();
        let differ = |a: &BTreeSet<Planted>, b: &BTreeSet<Planted>| {
            a.difference(b).take(9).cloned().collect::<Vec<_>>()
        };
        assert_eq!(differ(&self.rejects, &rejects), [], "{name}: rejected, though not planted");
        assert_eq!(differ(&rejects, &self.rejects), [], "{name}: planted, but not rejected");
        assert_eq!(differ(&self.notes, &notes), [], "{name}: noted, though not planted");
        assert_eq!(differ(&notes, &self.notes), [], "{name}: planted, but not noted");
        assert_eq!(self.loaded, truth.loaded, "{name}");
        assert_eq!(self.loaded + self.rejects.len() as u64, truth.read, "{name}: read = loaded + rejected");
    }
}

/// What the desk's own commands would not let pass empty, no export may bring empty.
fn says_what_it_must(row: &TargetRow) {
    let must: &[&str] = match row.table {
        TableName::Recall => &["due_on", "reason", "status"],
        TableName::Letter => &["recipient", "subject", "body"],
        TableName::Invoice => &["number", "issued_on"],
        TableName::InvoiceItem => &["description", "service_on"],
        TableName::Payment => &["received_on", "method"],
        TableName::FormerEvent => &["action", "user_id"],
        _ => &[],
    };
    for field in must {
        let said = row.fields[*field].as_str().unwrap_or_default();
        assert!(!said.trim().is_empty() && !said.contains(['\r', '\u{0B}']), "{:?} {field}", row.table);
        assert!(*field != "subject" || !said.contains('\n'), "a subject is a line");
    }
}

fn convert(dir: &Path) -> BTreeMap<SourceTable, Seen> {
    convert_spoilt(dir, &[])
}

/// The same, with cells of the tables of the record changed.
fn convert_spoilt(dir: &Path, spoils: &[(usize, usize, String)]) -> BTreeMap<SourceTable, Seen> {
    let mapping = Mapping::read(&dir.join("clinic.toml")).unwrap();
    let clinic = ClinicId(uuid::Uuid::from_u128(7));
    let namespace = Namespace::new(clinic, &mapping.clinic.file);
    let setup = Setup::new(&mapping, clinic, &namespace);
    let mut seen: BTreeMap<SourceTable, Seen> = BTreeMap::new();

    let (columns, all) = rows(&mapping, &mapping.practitioners);
    let bound = practitioners::bind(&mapping, &columns).unwrap();
    let counted = census(&bound, &all);
    let mut doctors = Practitioners::new(bound, &namespace, &setup, &counted);
    let of_doctors = seen.entry(SourceTable::Practitioners).or_default();
    all.iter().for_each(|row| of_doctors.take(row, doctors.convert(row)));
    assert!(!rosters(&mapping, &doctors.keys).unwrap().is_empty());

    let (columns, all) = rows(&mapping, &mapping.patients);
    let bound = patients::bind(&mapping, &columns).unwrap();
    let counted = census(&bound, &all);
    let mut people = Patients::new(bound, &mapping, &namespace, &doctors.keys, &counted);
    let of_people = seen.entry(SourceTable::Patients).or_default();
    all.iter().for_each(|row| of_people.take(row, people.convert(row)));

    let (columns, all) = rows(&mapping, &mapping.appointments);
    let bound = appointments::bind(&mapping, &columns).unwrap();
    let counted = census(&bound, &all);
    let keys = (&doctors.keys, &people.keys);
    let book = Appointments::new(bound, &mapping, &namespace, &setup, keys, &counted);
    let mut overlaps = Overlaps::default();
    all.iter().for_each(|row| book.survey(row, &mut overlaps));
    let later = overlaps.later_ones();
    let of_book = seen.entry(SourceTable::Appointments).or_default();
    all.iter().for_each(|row| of_book.take(row, book.convert(row, &later)));

    let files = Containers::default();
    let around = Surroundings {
        containers: &files,
        ledger: &Ledger::default(),
        mapping: &mapping,
        namespace: &namespace,
        practitioners: &doctors.keys,
        names: &doctors.names,
        patients: &people.keys,
        book: &counted,
    };
    for table in SourceTable::OF_RECORD {
        let Some(mapped) = mapping.table(table) else { continue };
        let (columns, mut all) = rows(&mapping, mapped);
        spoils.iter().for_each(|(which, cell, text)| spoil(&mut all, *which, *cell, text));
        let bound = record::bind(&mapping, table, &columns).unwrap();
        let counted = census(&bound, &all);
        let mut convert = converter(table, bound, around, &counted);
        let of_record = seen.entry(table).or_default();
        all.iter().for_each(|row| of_record.take(row, convert.convert(row)));
        if [SourceTable::Notes, SourceTable::Letters, SourceTable::Log].contains(&table) {
            let names: Vec<_> =
                convert.beside().iter().map(|row| row.fields["display_name"].clone()).collect();
            assert!(names.iter().all(|n| n.as_str().unwrap().ends_with(" (FileMaker)")), "{names:?}");
        }
    }
    seen
}

fn sample(plan: &Plan) -> (tempfile::TempDir, Truth) {
    let dir = tempfile::tempdir().unwrap();
    let truth = sample::write(plan, dir.path()).unwrap();
    (dir, truth)
}

#[test]
fn every_planted_reject_and_note_is_found_and_no_other() {
    for (seed, today, patients, appointments, practitioners) in [
        (1, "2026-11-22", 5_000, 60_000, 6),
        (2, "2026-04-06", 1_200, 9_000, 3),
        (3, "2027-03-01", 300, 2_000, 9),
        (4, "2026-10-04", 30, 400, 1),
        (5, "2026-01-01", 3, 10, 2),
    ] {
        let notes = appointments / 6;
        let plan = Plan {
            patients,
            appointments,
            practitioners,
            notes,
            ..Plan::standard(seed, today.parse().unwrap())
        };
        let (dir, truth) = sample(&plan);
        let seen = convert(dir.path());
        assert_eq!(seen.len(), SourceTable::ALL.len() - 1, "documents are loaded with their files");
        for (table, seen) in &seen {
            seen.is(truth.table(*table), &format!("{} of seed {seed}", table.as_str()));
        }
        let loaded = |table: SourceTable| seen[&table].loaded;
        assert_eq!(loaded(SourceTable::Patients), u64::from(patients));
        assert_eq!(loaded(SourceTable::Appointments), u64::from(appointments));
        assert_eq!(loaded(SourceTable::Practitioners), u64::from(practitioners) + 2, "two have left");
        assert_eq!(loaded(SourceTable::Notes), u64::from(notes));
    }
}

#[test]
fn the_standard_sample_holds_every_kind_of_dirt() {
    let plan = Plan { notes: 2_000, ..Plan::standard(1, "2026-11-22".parse().unwrap()) };
    let (_dir, truth) = sample(&plan);
    let codes: BTreeSet<&str> = SourceTable::ALL
        .iter()
        .map(|table| truth.table(*table))
        .flat_map(|t| t.rejects.iter().chain(&t.notes))
        .map(|p| p.code.as_str())
        .collect();
    for code in [
        "COLUMN_COUNT",
        "NULL_KEY",
        "DUPLICATE_KEY",
        "ORPHAN",
        "PARENT_REJECTED",
        "REQUIRED_EMPTY",
        "DATE_UNPARSED",
        "DATE_AMBIGUOUS",
        "DATE_FUTURE",
        "TIME_UNPARSED",
        "TIME_AMBIGUOUS",
        "TIME_MISSING",
        "NUM_TEXT",
        "MONEY_FRACTION",
        "PATIENT_DIFFERS",
        "IDENTIFIER_TAKEN",
        "DURATION_RANGE",
        "VALUE_RANGE",
        "VALUE_UNKNOWN",
        "KEY_FOLDED",
        "IDENTIFIER_CHECK",
        "PHONE_RAW",
        "POSTCODE_PADDED",
        "DOUBLE_BOOKED",
    ] {
        assert!(codes.contains(code), "{code} is not in the sample");
    }
}

#[test]
fn a_field_that_must_be_mapped_is_named_when_it_is_not() {
    let plan =
        Plan { patients: 5, appointments: 10, notes: 3, ..Plan::standard(1, "2026-11-22".parse().unwrap()) };
    let (dir, _) = sample(&plan);
    let whole = std::fs::read_to_string(dir.path().join("clinic.toml")).unwrap();
    for (table, line, words) in [
        (SourceTable::Recalls, "due_on = \"DueDate\"", "Recalls.tab: \"due_on\" must be mapped"),
        (SourceTable::Recalls, "reason = \"RecallReason\"", "Recalls.tab: \"reason\" must be mapped"),
        (SourceTable::Letters, "recipient = \"ToName\"", "Letters.xml: \"recipient\" must be mapped"),
        (SourceTable::Letters, "body = \"LetterText\"", "Letters.xml: \"body\" must be mapped"),
        (SourceTable::Invoices, "issued_on = \"InvoiceDate\"", "Invoices.mer: \"issued_on\" must be mapped"),
        (SourceTable::InvoiceItems, "fee = \"Fee\"", "InvoiceItems.mer: \"fee\" must be mapped"),
        (SourceTable::Payments, "amount = \"AmountPaid\"", "Payments.xml: \"amount\" must be mapped"),
        (SourceTable::Log, "action = \"LogAction\"", "Log.mer: \"action\" must be mapped"),
        (SourceTable::Letters, "written_at = \"LetterTS\"", "\"written_at\" or \"date\" must be mapped"),
    ] {
        // A clinic that has no such field takes its line out.
        let (before, ours) = whole.split_once(&format!("[{}]\n", table.as_str())).unwrap();
        assert!(ours.contains(line), "{line}");
        let text = format!("{before}[{}]\n{}", table.as_str(), ours.replacen(line, "", 1));
        let path = dir.path().join("less.toml");
        std::fs::write(&path, text).unwrap();
        let mapping = Mapping::read(&path).unwrap();
        let (columns, _) = rows(&mapping, mapping.table(table).unwrap());
        let error = record::bind(&mapping, table, &columns).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("less.toml"), "{error}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let plan = Plan {
        patients: 200,
        appointments: 1_500,
        notes: 90,
        ..Plan::standard(9, "2026-11-22".parse().unwrap())
    };
    let ((one, _), (two, _), (other, _)) = (sample(&plan), sample(&plan), sample(&Plan { seed: 10, ..plan }));
    for name in [
        "Practitioners.mer",
        "Patients.xml",
        "Appointments.csv",
        "Notes.xml",
        "Allergies.mer",
        "Medicines.csv",
        "Observations.mer",
        "Recalls.tab",
        "Letters.xml",
        "Invoices.mer",
        "InvoiceItems.mer",
        "Payments.xml",
        "Log.mer",
        "clinic.toml",
        "truth.json",
    ] {
        let read = |dir: &tempfile::TempDir| std::fs::read(dir.path().join(name)).unwrap();
        assert_eq!(read(&one), read(&two), "{name}");
        if name.starts_with("Patients") || name.starts_with("App") {
            assert_ne!(read(&one), read(&other), "{name}");
        }
    }
}

/// Changes one cell of a record to something nobody planned for.
fn spoil(rows: &mut [RawRow], which: usize, cell: usize, text: &str) {
    let n = rows.len();
    let cells = &mut rows[which % n].cells;
    let m = cells.len();
    cells[cell % m] = Some(text.to_owned());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 24, ..Default::default() })]

    #[test]
    fn whatever_is_in_the_record_every_record_is_loaded_or_rejected_and_says_what_it_must(
        spoils in proptest::collection::vec((0_usize..400, 0_usize..16, "\\PC{0,12}|[0-9/:. \r\u{0B}]{0,12}"), 0..80),
    ) {
        let plan = Plan {
            patients: 90,
            appointments: 300,
            practitioners: 2,
            notes: 60,
            ..Plan::standard(6, "2026-11-22".parse().unwrap())
        };
        let (dir, truth) = sample(&plan);
        for (table, seen) in convert_spoilt(dir.path(), &spoils) {
            let read = truth.table(table).read;
            proptest::prop_assert_eq!(seen.loaded + seen.rejects.len() as u64, read, "{}", table.as_str());
        }
    }

    #[test]
    fn whatever_is_in_the_cells_every_record_is_loaded_or_rejected_and_no_bookings_overlap(
        spoils in proptest::collection::vec((0_usize..400, 0_usize..16, "\\PC{0,12}|[0-9/:. ]{0,12}"), 0..80),
    ) {
        let plan = Plan { patients: 40, appointments: 300, practitioners: 2, ..Plan::standard(6, "2026-11-22".parse().unwrap()) };
        let (dir, _) = sample(&plan);
        let mapping = Mapping::read(&dir.path().join("clinic.toml")).unwrap();
        let clinic = ClinicId(uuid::Uuid::from_u128(7));
        let namespace = Namespace::new(clinic, &mapping.clinic.file);
        let setup = Setup::new(&mapping, clinic, &namespace);
        let mut seen = Seen::default();

        let (columns, mut all) = rows(&mapping, &mapping.practitioners);
        spoils.iter().take(3).for_each(|(which, cell, text)| spoil(&mut all, *which, *cell, text));
        let bound = practitioners::bind(&mapping, &columns).unwrap();
        let counted = census(&bound, &all);
        let mut doctors = Practitioners::new(bound, &namespace, &setup, &counted);
        all.iter().for_each(|row| seen.take(row, doctors.convert(row)));
        let mut read = all.len();

        let (columns, mut all) = rows(&mapping, &mapping.patients);
        spoils.iter().skip(3).step_by(2).for_each(|(which, cell, text)| spoil(&mut all, *which, cell * 2, text));
        let bound = patients::bind(&mapping, &columns).unwrap();
        let counted = census(&bound, &all);
        let mut people = Patients::new(bound, &mapping, &namespace, &doctors.keys, &counted);
        let mut rejected = seen.rejects.len();
        seen.rejects.clear();
        all.iter().for_each(|row| seen.take(row, people.convert(row)));
        read += all.len();
        rejected += seen.rejects.len();
        seen.rejects.clear();

        let (columns, mut all) = rows(&mapping, &mapping.appointments);
        spoils.iter().for_each(|(which, cell, text)| spoil(&mut all, *which, *cell, text));
        let bound = appointments::bind(&mapping, &columns).unwrap();
        let counted = census(&bound, &all);
        let book = Appointments::new(bound, &mapping, &namespace, &setup, (&doctors.keys, &people.keys), &counted);
        let mut overlaps = Overlaps::default();
        all.iter().for_each(|row| book.survey(row, &mut overlaps));
        let later = overlaps.later_ones();
        let mut spans = Vec::new();
        for row in &all {
            let outcome = book.convert(row, &later);
            if let Ok(typed) = &outcome {
                let fields = &typed.rows[0].fields;
                let number = |name: &str| fields[name].as_i64().unwrap();
                let status: wattle_domain::fields::AppointmentStatus = fields["status"].as_str().unwrap().parse().unwrap();
                proptest::prop_assert!(number("start_at") < number("end_at"));
                if status.occupies() && fields["double_booking"] == false {
                    spans.push((fields["practitioner_id"].to_string(), number("start_at"), number("end_at")));
                }
            }
            seen.take(row, outcome);
        }
        read += all.len();
        rejected += seen.rejects.len();
        proptest::prop_assert_eq!(read as u64, seen.loaded + rejected as u64);
        spans.sort();
        for pair in spans.windows(2) {
            proptest::prop_assert!(pair[0].0 != pair[1].0 || pair[0].2 <= pair[1].1, "{:?}", pair);
        }
    }
}
