//! The same files for a team that works with dbt: a project whose models are these queries and whose tests are these headers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::header::Model;
use crate::relation::{READ_MODEL, Relation, renamed};
use crate::test::{Test, duplicates, key};

/// What is the same for every set of models.
const PROJECT: &[(&str, &str)] = &[
    ("dbt_project.yml", include_str!("../../../dbt/dbt_project.yml")),
    ("profiles.yml", include_str!("../../../dbt/profiles.yml")),
];

/// The files of a project: path in its folder, and text. The queries are those of the models but for the names of tables,
/// which are dbt's references, so that it finds the same order.
#[must_use]
pub fn project(models: &[Model]) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> =
        PROJECT.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    for model in models {
        files.push((format!("models/{}.sql", model.name), format!("{}\n", renamed(&model.body, reference))));
        // Without a primary key nothing else keeps a key from coming twice.
        let twice = duplicates(&reference(&model.output), &model.key, &key(model));
        files.push((format!("tests/{}_key.sql", model.name), twice));
        for (n, (test, _)) in (1..).zip(model.tests.iter().filter(|(test, _)| own(model, test).is_none())) {
            files.push((format!("tests/{}_{n}.sql", model.name), test.failing(model, reference)));
        }
    }
    // JSON is YAML, and needs no second writer.
    files.push(("models/schema.yml".into(), format!("{:#}\n", schema(models))));
    files
}

/// A table as dbt refers to it.
fn reference(relation: &Relation) -> String {
    match relation.is_model() {
        true => format!("{{{{ ref('{}') }}}}", relation.name),
        false => format!("{{{{ source('{}', '{}') }}}}", relation.schema, relation.name),
    }
}

/// A test that dbt has of its own, and the column it is about; the others are queries of ours.
fn own(model: &Model, test: &Test) -> Option<(String, Value)> {
    match test {
        Test::NotNull(column) => Some((column.clone(), json!("not_null"))),
        Test::AcceptedValues(column, values) => {
            Some((column.clone(), json!({ "accepted_values": { "arguments": { "values": values } } })))
        }
        // What a model of its own reads must be there first, which dbt sees by itself.
        Test::Relationship(column, to, field) => {
            let to = reference(to);
            let to = to.trim_matches(['{', '}', ' ']);
            Some((column.clone(), json!({ "relationships": { "arguments": { "to": to, "field": field } } })))
        }
        Test::Unique(columns)
            if columns.len() == 1 && model.key.len() == 2 && columns.first() == model.key.get(1) =>
        {
            Some((columns.concat(), json!("unique")))
        }
        Test::Unique(_) | Test::Rows(..) | Test::Holds(_) => None,
    }
}

fn schema(models: &[Model]) -> Value {
    let read = models.iter().flat_map(|m| {
        m.inputs.iter().map(|(input, _)| input).chain(m.tests.iter().filter_map(|(test, _)| test.beside()))
    });
    let mut sources: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for relation in read.filter(|r| r.schema != READ_MODEL) {
        sources.entry(&relation.schema).or_default().insert(&relation.name);
    }
    let sources: Vec<Value> = sources
        .into_iter()
        .map(|(schema, names)| {
            let tables: Vec<Value> = names.into_iter().map(|name| json!({ "name": name })).collect();
            json!({ "name": schema, "schema": schema, "tables": tables })
        })
        .collect();
    let models: Vec<Value> = models
        .iter()
        .map(|model| {
            let mut columns: Map<String, Value> = Map::new();
            for (column, test) in model.tests.iter().filter_map(|(test, _)| own(model, test)) {
                if let Some(tests) = columns.entry(column).or_insert_with(|| json!([])).as_array_mut() {
                    tests.push(test);
                }
            }
            let columns: Vec<Value> = columns
                .into_iter()
                .map(|(name, tests)| json!({ "name": name, "data_tests": tests }))
                .collect();
            json!({
                "name": model.name,
                "description": model.about,
                "config": { "materialized": if model.is_view { "view" } else { "table" } },
                "columns": columns,
            })
        })
        .collect();
    json!({ "version": 2, "sources": sources, "models": models })
}
