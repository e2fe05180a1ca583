//! Drafts of mappings, from the real metadata of a large file and from the sample clinic's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

use std::path::PathBuf;

use wattle_filemaker_standin::{Settings, Standin, clinic};
use wattle_fm_migrate::draft::{Doubt, doubts, draft, write};
use wattle_fm_migrate::sample::{self, Plan};
use wattle_fm_migrate::wire::metadata::{Field, Metadata};

fn real() -> Option<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/fixtures/filemaker/odata/metadata-WebData-engine22.0.2.xml");
    if !path.exists() {
        eprintln!("SKIPPED the real $metadata: there is no ../shared/fixtures/filemaker");
        return None;
    }
    Some(std::fs::read_to_string(path).unwrap())
}

#[test]
fn the_real_metadata_is_read_to_its_last_field() {
    let Some(text) = real() else { return };
    let metadata = Metadata::read(&text).unwrap();
    let fields: Vec<&Field> = metadata.tables.iter().flat_map(|t| &t.fields).collect();
    let count = |what: &dyn Fn(&&&Field) -> bool| fields.iter().filter(what).count();
    // As SOURCES.md and a plain count of the file's annotations have it.
    assert_eq!((metadata.tables.len(), fields.len()), (13, 3_724));
    assert_eq!(count(&|f| f.calculation), 1_410);
    assert_eq!(count(&|f| f.global), 286);
    assert_eq!(count(&|f| f.summary), 223);
    assert_eq!(count(&|f| f.kind == "CONTAINER"), 74);
    assert_eq!(count(&|f| f.external), 58);
    assert_eq!(count(&|f| f.indexed), 745);
    assert_eq!(count(&|f| f.kind == "NUMBER"), 2_033);
    let addresses = metadata.table("Addresses").unwrap();
    assert_eq!(addresses.key, ["_PK_address_ID"]);
    for at in [text.len() / 3, text.len() - 20] {
        let cut: String = text.chars().take(at).collect();
        assert!(Metadata::read(&cut).is_err(), "cut at {at}");
    }
}

#[test]
fn the_real_metadata_gives_a_draft_that_is_a_mapping_and_claims_nothing() {
    let Some(text) = real() else { return };
    let drafted = draft(&Metadata::read(&text).unwrap());
    assert_eq!(drafted.len(), 13);
    assert!(
        drafted.iter().all(|t| t.ours.is_none()),
        "a builder's file is no clinic: {:?}",
        drafted.iter().filter_map(|t| t.ours.map(|o| (o, &t.name))).collect::<Vec<_>>()
    );
    let addresses = drafted.iter().find(|t| t.name == "Addresses").unwrap();
    assert_eq!(addresses.key.as_deref(), Some("_PK_address_ID"));
    assert!(
        addresses.references.iter().any(|(field, _)| field == "_fk_subdivision_ID"),
        "{:?}",
        addresses.references
    );
    let doubts: Vec<Doubt> = drafted.iter().flat_map(|t| t.doubts.iter().map(|(_, d)| *d)).collect();
    let count = |doubt: Doubt| doubts.iter().filter(|d| **d == doubt).count();
    assert_eq!(count(Doubt::Container), 74 - count_global_containers(&text));
    assert!(count(Doubt::SecureExternal) > 40 && count(Doubt::DateAsText) > 0, "{doubts:?}");
    let written = write("WebData.fmp12", &drafted);
    let _: toml::Value = toml::from_str(&written).unwrap();
    assert!(written.contains("# Addresses: "), "every table is named");
}

fn count_global_containers(text: &str) -> usize {
    let metadata = Metadata::read(text).unwrap();
    metadata
        .tables
        .iter()
        .flat_map(|t| &t.fields)
        .filter(|f| f.kind == "CONTAINER" && (f.global || f.summary))
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clinics_own_schema_gives_its_mapping_back() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan { patients: 5, appointments: 5, ..Plan::standard(1, "2026-11-22".parse().unwrap()) };
    sample::write(&plan, folder.path()).unwrap();
    let standin = Standin::start(clinic::sample(folder.path()).unwrap(), Settings::default()).await.unwrap();
    let url = format!("{}/fmi/odata/v4/Clinic/$metadata", standin.url());
    let client = reqwest::Client::new();
    let text =
        client.get(url).basic_auth("migrator", Some("read-only")).send().await.unwrap().text().await.unwrap();
    let drafted = draft(&Metadata::read(&text).unwrap());
    let ours: Vec<_> = drafted.iter().map(|t| (t.name.as_str(), t.ours, t.key.as_deref())).collect();
    assert_eq!(
        ours,
        [
            ("Practitioners", Some("practitioners"), Some("PracCode")),
            ("Patients", Some("patients"), Some("PatientNo")),
            ("Appointments", Some("appointments"), Some("ApptID")),
        ]
    );
    let truth: toml::Table =
        toml::from_str(&std::fs::read_to_string(folder.path().join("clinic.toml")).unwrap()).unwrap();
    let mut right = 0;
    for table in &drafted {
        for (field, column) in &table.mapped {
            let theirs = truth[table.ours.unwrap()]["fields"].get(field).and_then(toml::Value::as_str);
            if let Some(theirs) = theirs {
                // The draft names a field, the mapping of the sample one of its repetitions.
                assert_eq!(theirs.split('(').next().unwrap(), column, "{} {field}", table.name);
                right += 1;
            }
        }
    }
    assert!(right >= 30, "{right} fields of the sample's mapping were found");
    let patients = &drafted[1].doubts;
    assert!(patients.contains(&("DOB".into(), Doubt::DateAsText)), "{patients:?}");
    assert!(patients.contains(&("Postcode".into(), Doubt::IdentifierAsNumber)), "{patients:?}");
    assert!(patients.contains(&("Phone".into(), Doubt::Repeating)), "{patients:?}");
    let written = write("Clinic.fmp12", &drafted);
    // No column with data of its own is left out in silence.
    let metadata = Metadata::read(&text).unwrap();
    for table in &drafted {
        let mut said: Vec<&str> = table.mapped.iter().map(|(_, column)| column.as_str()).collect();
        said.extend(table.left.iter().map(String::as_str));
        for field in &metadata.table(&table.name).unwrap().fields {
            let kept = !field.calculation && !field.summary && !field.global;
            assert!(!kept || said.contains(&field.name.as_str()), "{}: {}", table.name, field.name);
        }
        for column in &table.left {
            assert!(written.contains(&format!("#   not brought: {column}\n")), "{column}");
            assert!(table.mapped.iter().all(|(_, mapped)| mapped != column), "{column}");
        }
    }
    assert!(drafted[1].left.contains(&"NOK".to_owned()), "{:?}", drafted[1].left);
    let read: toml::Table = toml::from_str(&written).unwrap();
    assert_eq!(read["patients"]["table"].as_str(), Some("Patients"));
    assert_eq!(read["patients"]["fields"]["birth_date"].as_str(), Some("DOB"));
}

/// The tables that the sample has with its notes: the schema of a clinic that wrote more than its book.
#[tokio::test(flavor = "multi_thread")]
async fn tables_of_the_record_are_proposed_with_their_fields() {
    let folder = tempfile::tempdir().unwrap();
    let plan =
        Plan { patients: 9, appointments: 9, notes: 9, ..Plan::standard(1, "2026-11-22".parse().unwrap()) };
    sample::write(&plan, folder.path()).unwrap();
    let standin = Standin::start(clinic::sample(folder.path()).unwrap(), Settings::default()).await.unwrap();
    let url = format!("{}/fmi/odata/v4/Clinic/$metadata", standin.url());
    let asked = reqwest::Client::new().get(url).basic_auth("migrator", Some("read-only")).send().await;
    let drafted = draft(&Metadata::read(&asked.unwrap().text().await.unwrap()).unwrap());
    let mapping: toml::Table =
        toml::from_str(&std::fs::read_to_string(folder.path().join("clinic.toml")).unwrap()).unwrap();
    for ours in ["recalls", "letters", "invoices", "invoice_items", "payments", "log"] {
        let found: Vec<_> = drafted.iter().filter(|t| t.ours == Some(ours)).collect();
        assert_eq!(
            found.len(),
            1,
            "{ours}: {:?}",
            drafted.iter().map(|t| (&t.name, t.ours)).collect::<Vec<_>>()
        );
        let guessed: std::collections::BTreeMap<_, _> =
            found[0].mapped.iter().map(|(field, column)| (*field, column.as_str())).collect();
        let wanted: std::collections::BTreeMap<_, _> = mapping[ours]["fields"]
            .as_table()
            .unwrap()
            .iter()
            .map(|(field, column)| (field.as_str(), column.as_str().unwrap()))
            .collect();
        assert_eq!(guessed, wanted, "{ours}");
    }
}

#[test]
fn columns_are_doubted_for_what_they_are() {
    let field =
        |name: &str, kind: &'static str| Field { name: name.into(), kind, max_repeat: 1, ..Field::default() };
    for (name, kind, wanted) in [
        ("Date of birth", "TEXT", vec![Doubt::DateAsText]),
        ("DOB", "DATE", vec![]),
        ("Mobile", "NUMBER", vec![Doubt::IdentifierAsNumber]),
        ("Mobile", "TEXT", vec![]),
        ("Fee", "TEXT", vec![Doubt::AmountAsText]),
        ("Fee type", "TEXT", vec![]),
        ("Duration", "TIME", vec![Doubt::TimeAsDuration]),
        ("zz old phone", "TEXT", vec![Doubt::Abandoned]),
        ("a::b", "TEXT", vec![Doubt::OddName]),
        ("Updated by", "TEXT", vec![]),
    ] {
        assert_eq!(doubts(&field(name, kind)), wanted, "{name} {kind}");
    }
    let mut total = field("Fee total", "TEXT");
    total.summary = true;
    assert_eq!(doubts(&total), [], "nobody moves a summary");
}
