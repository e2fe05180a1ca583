//! The rows of blocks that differ, by name, and why they may.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::TryStreamExt;
use serde::Serialize;
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::row::Fields;
use wattle_domain::{ClinicId, TableName};

use super::digest::block;
use crate::error::Error;
use crate::load::target::hash;
use crate::load::{NOT_OURS, actual, witness};
use crate::map_key::MapKey;

/// Differing blocks of a table that are looked into; the rest is only counted.
pub(super) const MOST_BLOCKS: usize = 256;

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// FileMaker has it, Wattle does not.
    Missing,
    /// Wattle has it, FileMaker does not.
    Extra,
    /// Both have it, with other content.
    Differs,
}

/// Why that is well; `Unexplained` when it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// A person changed it in Wattle since.
    ChangedHere,
    /// A person deleted it in Wattle since.
    DeletedHere,
    /// It gave way to a booking made in Wattle, as a deliberate double booking.
    MadeRoom,
    /// History only grows: what happened to a booking stays as it was told first, also when FileMaker forgets it.
    History,
    /// Its record loaded once, and is rejected now.
    RejectedSince,
    /// Nothing explains it.
    Unexplained,
}

/// A row that differs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference {
    /// The table.
    pub table: &'static str,
    /// The row's id here.
    pub id: Uuid,
    /// FileMaker's number of the record, or its place in the file; where there is one.
    pub record: Option<u64>,
    /// What.
    pub what: What,
    /// The columns that differ.
    pub columns: Vec<&'static str>,
    /// Why.
    pub why: Why,
}

/// A row as it should be.
pub(super) struct Wanted {
    pub(super) record: Option<u64>,
    pub(super) fields: Fields,
}

/// Rows as they should be, of the blocks that differ.
#[derive(Default)]
pub(super) struct Suspects {
    pub(super) blocks: BTreeMap<TableName, BTreeSet<usize>>,
    pub(super) wanted: BTreeMap<TableName, HashMap<Uuid, Wanted>>,
    /// Keys of records that are rejected.
    pub(super) rejected: Vec<String>,
}

impl Suspects {
    pub(super) fn suspects(&self, table: TableName, id: Uuid) -> bool {
        self.blocks.get(&table).is_some_and(|blocks| blocks.contains(&block(id)))
    }

    /// Compares them with the target.
    pub(super) async fn name(
        mut self,
        connection: &mut PgConnection,
        clinic: ClinicId,
        key: Option<&MapKey>,
    ) -> Result<Vec<Difference>, Error> {
        let mut found = Vec::new();
        for (&name, blocks) in &self.blocks {
            let table = name.table();
            let mut wanted = self.wanted.remove(&name).unwrap_or_default();
            let blocks = blocks.iter().filter_map(|b| i32::try_from(*b).ok()).collect();
            let (mut extra, mut history, mut now) = (Vec::new(), HashMap::new(), HashMap::new());
            let replaces = ["supersedes", "reverses"].iter().any(|c| table.column(c).is_some());
            let mut rows = actual::rows(connection, clinic, table, Some(blocks));
            while let Some(row) = rows.try_next().await? {
                let Some(other) = wanted.remove(&row.id) else {
                    extra.push((row.id, row.touched));
                    continue;
                };
                let null = &serde_json::Value::Null;
                let differs = |column: &str| {
                    let (is, should) =
                        [&row.fields, &other.fields].map(|f| f.get(column).unwrap_or(null)).into();
                    match actual::is_readable(table, column, row.sealed) {
                        true => is != should,
                        // What it says rests sealed; that it says something does not.
                        false => is.is_null() != should.is_null(),
                    }
                };
                let ours = table.columns.iter().map(|c| c.name).filter(|c| !NOT_OURS.contains(c));
                let mut differing: Vec<&'static str> = ours.filter(|c| differs(c)).collect();
                let should = hash(table, &other.fields, key);
                if row.sealed && row.loaded_as != should {
                    let named = differing.clone();
                    differing.extend(table.sealed().map(|c| c.name).filter(|c| !named.contains(c)));
                }
                if differing.is_empty() {
                    continue;
                }
                if table.append_only {
                    // What rests sealed is what was loaded, or the server could not open it. What stands open beside it is not
                    // vouched for: where FileMaker still says what was loaded, and yet it differs, somebody changed it here.
                    let is = if row.sealed { row.loaded_as } else { hash(table, &row.fields, key) };
                    if !row.sealed || is != should {
                        history.insert(row.id, is);
                        now.insert(row.id, should);
                    }
                }
                let why = match differing.as_slice() {
                    _ if row.touched => Why::ChangedHere,
                    ["double_booking"] if row.fields.get("double_booking") == Some(&true.into()) => {
                        Why::MadeRoom
                    }
                    _ => Why::Unexplained,
                };
                found.push(Difference {
                    table: name.as_str(),
                    id: row.id,
                    record: other.record,
                    what: What::Differs,
                    columns: differing,
                    why,
                });
            }
            drop(rows);
            // History is not rewritten when FileMaker tells it otherwise; but it must be as it was loaded once.
            let ids: Vec<Uuid> = history.keys().copied().collect();
            let loaded_as = witness::loaded_as(connection, clinic, table, &ids).await?;
            let ever_loaded = match replaces {
                true => witness::ever_loaded(connection, clinic, table, &ids).await?,
                false => HashMap::new(),
            };
            for difference in found.iter_mut().filter(|d: &&mut Difference| d.table == name.as_str()) {
                let once = history.get(&difference.id);
                // Where a row can be replaced, what FileMaker says now must have come as a row of its own.
                let came = now.get(&difference.id).zip(ever_loaded.get(&difference.id));
                let told = !replaces || came.is_some_and(|(now, ever)| ever.contains(now));
                if told && once.is_some() && loaded_as.get(&difference.id) == once {
                    difference.why = Why::History;
                }
            }
            let missing: Vec<Uuid> = wanted.keys().copied().collect();
            let deleted = witness::deleted_here(connection, clinic, table, &missing).await?;
            for (id, other) in wanted {
                let why = if deleted.contains(&id) { Why::DeletedHere } else { Why::Unexplained };
                let record = other.record;
                found.push(Difference {
                    table: name.as_str(),
                    id,
                    record,
                    what: What::Missing,
                    columns: Vec::new(),
                    why,
                });
            }
            let ids: Vec<Uuid> = extra.iter().map(|(id, _)| *id).collect();
            let rejected = witness::of_keys(connection, clinic, table, &ids, &self.rejected).await?;
            for (id, touched) in extra {
                let why = match () {
                    () if touched => Why::ChangedHere,
                    () if table.append_only || name == TableName::UserName => Why::History,
                    () if rejected.contains(&id) => Why::RejectedSince,
                    () => Why::Unexplained,
                };
                found.push(Difference {
                    table: name.as_str(),
                    id,
                    record: None,
                    what: What::Extra,
                    columns: Vec::new(),
                    why,
                });
            }
        }
        found.sort();
        Ok(found)
    }
}
