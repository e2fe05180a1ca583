//! The files of models: what their headers must say, the order that follows, and what dbt is given.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use wattle_models::{Model, dbt, ordered, shipped};

fn text(name: &str, inputs: &str, query: &str) -> String {
    format!(
        "-- A model.\n-- inputs: {inputs}\n-- output: read_model.{name}\n-- key: clinic_id, id\n-- tests:\n--   not_null: id\n{query}\n"
    )
}

fn model(file: &str, inputs: &str) -> Model {
    let from: Vec<&str> = inputs.split(", ").collect();
    let name = file.trim_end_matches(".sql").split_once('_').unwrap().1;
    Model::read(file, &text(name, inputs, &format!("SELECT 1 FROM {}", from.join(", ")))).unwrap()
}

fn order(models: &[(&str, &str)]) -> Result<Vec<String>, String> {
    let models = models.iter().map(|(file, inputs)| model(file, inputs)).collect();
    ordered(models).map(|all| all.into_iter().map(|m| m.name).collect()).map_err(|e| e.to_string())
}

#[test]
fn each_model_comes_after_what_it_reads() {
    let found = order(&[
        ("001_last.sql", "read_model.middle, clinic.patient"),
        ("002_middle.sql", "read_model.first"),
        ("003_first.sql", "clinic.patient"),
        ("000_apart.sql", "staging.run"),
    ]);
    assert_eq!(found.unwrap(), ["apart", "first", "middle", "last"]);
}

#[test]
fn a_cycle_and_an_unknown_input_are_named_by_file_and_line() {
    let cycle = [("001_a.sql", "read_model.b"), ("002_b.sql", "read_model.c"), ("003_c.sql", "read_model.a")];
    assert_eq!(order(&cycle).unwrap_err(), "001_a.sql, line 2: read_model.b waits for read_model.a in turn.");
    let unknown = order(&[("001_a.sql", "clinic.patient, read_model.nowhere")]);
    assert_eq!(unknown.unwrap_err(), "001_a.sql, line 2: no model makes read_model.nowhere.");
    let twice = order(&[("001_a.sql", "clinic.patient"), ("002_a.sql", "clinic.patient")]);
    assert_eq!(twice.unwrap_err(), "002_a.sql, line 1: another model makes read_model.a too.");
}

#[test]
fn a_header_must_agree_with_its_query() {
    let good = "SELECT a.clinic_id, 'clinic.alert' -- clinic.alert\nFROM clinic.patient a WHERE clinic.is_plain(a.x) AND 'é' = ''";
    assert_eq!(Model::read("001_a.sql", &text("a", "clinic.patient", good)).unwrap().inputs.len(), 1);
    let whole = text("a", "clinic.patient", "SELECT 1 FROM clinic.patient");
    for (file, from, to, said) in [
        (
            "001_a.sql",
            "FROM clinic.patient",
            "\nFROM clinic.patient,\nclinic.alert",
            "line 9: clinic.alert is read, but",
        ),
        ("001_a.sql", "FROM clinic.patient", "", "line 2: clinic.patient is named, but"),
        (
            "001_a.sql",
            "inputs: clinic.patient",
            "inputs: public.patient",
            "line 2: public.patient is no table",
        ),
        ("001_a.sql", "read_model.a", "clinic.a", "line 3: the output clinic.a is not in schema read_model"),
        ("001_a.sql", "-- key: clinic_id, id\n", "", "the header has no `-- key:`"),
        ("001_a.sql", "key: clinic_id, id", "key: id", "a key is the clinic and something beside it"),
        ("001_a.sql", "not_null: id", "never_null: id", "line 6: never_null is no test"),
        ("001_a.sql", "not_null: id", "not_null: i d", "line 6: \"i d\" is no name of a column"),
        (
            "001_a.sql",
            "not_null: id",
            "relationships: id clinic.patient",
            "line 6: relationships is written as",
        ),
        (
            "001_a.sql",
            "not_null: id",
            "rows: = read_model.b",
            "line 6: `rows = read_model.b` looks at a model that is no input",
        ),
        ("001_a.sql", "SELECT 1", "SELECT '{{ x }}'", "line 7: a model is one query"),
        ("001_a.sql", "SELECT 1", "SELECT 1; SELECT 1", "line 7: a model is one query"),
        ("a.sql", "SELECT", "SELECT", "is called NNN_a.sql"),
        ("001_b.sql", "SELECT", "SELECT", "is called NNN_a.sql"),
    ] {
        assert!(whole.contains(from), "{from}");
        let error = Model::read(file, &whole.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(said), "{to}: {error}");
    }
}

#[test]
fn every_file_of_the_folder_is_shipped_and_whole() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/models");
    let files =
        std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().file_name().to_string_lossy().into_owned());
    let mut there: Vec<String> = files.collect();
    there.sort();
    let models = shipped().unwrap();
    let mut shipped: Vec<&str> = models.iter().map(|m| m.file.as_str()).collect();
    shipped.sort_unstable();
    assert_eq!(there, shipped);
    let place = |name: &str| models.iter().position(|m| m.name == name).unwrap();
    assert!(place("todays_appointments") < place("waiting_room"));
    assert!(models.iter().all(|m| !m.about.is_empty() && m.hash.len() == 64));
}

#[test]
fn dbt_is_given_the_same_queries_by_its_own_references() {
    let files = dbt::project(&shipped().unwrap());
    let file =
        |name: &str| &files.iter().find(|(path, _)| path == name).unwrap_or_else(|| panic!("no {name}")).1;
    let waiting = file("models/waiting_room.sql");
    assert!(
        waiting.contains("FROM {{ ref('todays_appointments') }} t\nJOIN {{ source('clinic', 'clinic') }} c"),
        "{waiting}"
    );
    assert!(!waiting.contains("--"), "the header stays behind");
    let schema: serde_json::Value = serde_json::from_str(file("models/schema.yml")).unwrap();
    let lineage = schema["models"].as_array().unwrap().iter().find(|m| m["name"] == "lineage").unwrap();
    assert_eq!(lineage["config"]["materialized"], "view");
    let rows = file("tests/patient_summary_1.sql");
    assert!(
        rows.contains("FROM {{ ref('patient_summary') }}")
            && rows.contains("{{ source('clinic', 'patient') }} WHERE deleted_at"),
        "{rows}"
    );
}
