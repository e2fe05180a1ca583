//! A first draft of a mapping out of a file's own schema: what a person starts from, never what is loaded by.
//!
//! Owns: guesses at tables, fields, keys and references by their names, and the columns that deserve a look before anything is
//! moved. Every guess is written as a guess. Called by: `fm-migrate draft-mapping`, the tests.

mod fields;
mod suspicious;
mod write;

use serde::Serialize;

use crate::ids::SourceTable;
use crate::wire::metadata::{Field, Metadata, Table};
pub use fields::{Guess, guess};
pub use suspicious::{Doubt, doubts};
pub use write::write;

/// A table, as far as its schema tells.
#[derive(Clone, Debug, Serialize)]
pub struct Drafted {
    /// Its name.
    pub name: String,
    /// FileMaker's number of the base table: occurrences of one table share it.
    pub table_id: String,
    /// How many fields it has, all kinds.
    pub fields: usize,
    /// Which of ours it may be.
    pub ours: Option<&'static str>,
    /// The key that it should be known by.
    pub key: Option<String>,
    /// Why the key may be none.
    pub key_doubt: Option<&'static str>,
    /// Fields that look like references, and the table that they may point to.
    pub references: Vec<(String, Option<String>)>,
    /// Field of ours to column.
    pub mapped: Vec<(&'static str, String)>,
    /// Columns with data of their own that no field of ours is mapped to: what they hold does not come unless a person maps them.
    pub left: Vec<String>,
    /// Columns that deserve a look.
    pub doubts: Vec<(String, Doubt)>,
}

/// Drafts every table of a file. One base table that appears as several occurrences is drafted once.
#[must_use]
pub fn draft(metadata: &Metadata) -> Vec<Drafted> {
    let mut seen = std::collections::BTreeSet::new();
    let tables: Vec<&Table> =
        metadata.tables.iter().filter(|t| t.table_id.is_empty() || seen.insert(t.table_id.clone())).collect();
    let guesses: Vec<Guess<'_>> = tables.iter().map(|t| guess(t)).collect();
    // The best table for each of ours; a table stands for one thing only.
    let mut chosen: Vec<Option<SourceTable>> = vec![None; tables.len()];
    for ours in SourceTable::ALL {
        let best = guesses
            .iter()
            .enumerate()
            .filter(|(i, _)| chosen.get(*i).is_some_and(Option::is_none))
            .map(|(i, g)| (g.score(ours), i))
            .max_by_key(|(score, i)| (*score, std::cmp::Reverse(*i)));
        if let Some((score, i)) = best
            && score >= fields::ENOUGH
            && let Some(place) = chosen.get_mut(i)
        {
            *place = Some(ours);
        }
    }
    let all = tables.iter().zip(&guesses).zip(chosen);
    all.map(|((table, guess), ours)| drafted(table, guess, ours, &tables)).collect()
}

fn drafted(table: &Table, guess: &Guess<'_>, ours: Option<SourceTable>, all: &[&Table]) -> Drafted {
    let (key, key_doubt) = key(table);
    let references = table
        .fields
        .iter()
        .filter(|f| !f.calculation && !f.summary && !f.global && Some(&f.name) != key.as_ref())
        .filter_map(|f| refers(f, all).map(|to| (f.name.clone(), to)))
        .collect();
    let mut mapped = ours.map(|ours| guess.mapped(ours)).unwrap_or_default();
    if ours.is_some()
        && let Some(key) = &key
    {
        mapped.retain(|(field, _)| *field != "key");
        mapped.insert(0, ("key", key.clone()));
    }
    let is_mapped = |name: &str| {
        mapped.iter().any(|(_, column)| {
            column.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('('))
        })
    };
    let kept = |f: &&Field| !f.calculation && !f.summary && !f.global && !is_mapped(&f.name);
    let left = table.fields.iter().filter(kept).map(|f| f.name.clone()).collect();
    Drafted {
        left,
        name: table.name.clone(),
        table_id: table.table_id.clone(),
        fields: table.fields.len(),
        ours: ours.map(SourceTable::as_str),
        key,
        key_doubt,
        references,
        mapped,
        doubts: table
            .fields
            .iter()
            .flat_map(|f| doubts(f).into_iter().map(|d| (f.name.clone(), d)))
            .collect(),
    }
}

/// The primary key as FileMaker's OData names it, unless a better one is there.
fn key(table: &Table) -> (Option<String>, Option<&'static str>) {
    let field = |name: &str| table.fields.iter().find(|f| f.name == name);
    let named = table.key.first().and_then(|k| field(k));
    let looks = |f: &&Field| {
        let name = fields::fold(&f.name);
        let stem = fields::fold(table.name.trim_end_matches(['_', 's']));
        !f.calculation
            && !f.global
            && !f.summary
            && (name.starts_with("pk")
                || name == "id"
                || name == format!("{stem}id")
                || name == format!("id{stem}"))
    };
    match named {
        Some(f) if f.calculation => {
            let better = table.fields.iter().find(looks);
            (
                Some(better.unwrap_or(f).name.clone()),
                Some("the key is calculated: it changes with what it is made of"),
            )
        }
        Some(f) if f.global => (
            table.fields.iter().find(looks).map(|f| f.name.clone()),
            Some("the key is a global: all records have the same"),
        ),
        Some(f) if !f.indexed && !f.auto_enter => {
            (Some(f.name.clone()), Some("nothing fills or checks the key: look for doubles and gaps"))
        }
        Some(f) => (Some(f.name.clone()), None),
        None => (
            table.fields.iter().find(looks).map(|f| f.name.clone()),
            Some("OData names no key: give the table one before you read it by OData"),
        ),
    }
}

/// Whether a field's name says that it points somewhere, and where to if one can tell.
fn refers(field: &Field, all: &[&Table]) -> Option<Option<String>> {
    let name = fields::fold(&field.name);
    let stem = name.strip_prefix("fk").or_else(|| name.strip_prefix("idfk")).map(ToOwned::to_owned).or_else(
        || {
            let id = field.name.to_lowercase();
            (id.starts_with("id_") || id.ends_with("_id") || id.ends_with(" id")).then(|| name.clone())
        },
    )?;
    let stem = stem.trim_start_matches("id").trim_end_matches("id").to_owned();
    let to = all.iter().find(|t| {
        let table = fields::fold(t.name.trim_end_matches('_'));
        let single = table.trim_end_matches('s');
        !stem.is_empty() && (table == stem || single == stem.trim_end_matches('s'))
    });
    Some(to.map(|t| t.name.clone()))
}
