//! Whether what is in Wattle is what was in FileMaker: counted twice, summed, and compared row by row.
//!
//! Owns: the checksum tree, the counts of two witnesses, the sums, the pages for the clinic's owner.
//! Must never: change anything, or put a value of a record into the report's numbers or a log. (The spot-check page shows
//! records side by side; it is for the person at the clinic who ticks them off.)
//! Called by: the binary, `cutover`, the tests.

pub mod digest;

use std::collections::BTreeMap;

use futures::TryStreamExt;
use sqlx::postgres::PgConnection;
use wattle_domain::{ClinicId, TableName};

use crate::error::Error;
use crate::load::actual;
use digest::Tree;

/// The tables that a migration fills.
pub const TABLES: [TableName; 12] = [
    TableName::Location,
    TableName::AppointmentType,
    TableName::Practitioner,
    TableName::PractitionerLocation,
    TableName::SessionTemplate,
    TableName::Patient,
    TableName::PatientIdentifier,
    TableName::PatientContact,
    TableName::Address,
    TableName::Alert,
    TableName::Appointment,
    TableName::AppointmentEvent,
];

/// The trees of the target as it is.
///
/// # Errors
/// When the database goes away.
pub(crate) async fn target_trees(
    connection: &mut PgConnection,
    clinic: ClinicId,
) -> Result<BTreeMap<TableName, Tree>, Error> {
    let mut trees = BTreeMap::new();
    for name in TABLES {
        let mut tree = Tree::default();
        let mut rows = actual::rows(connection, clinic, name.table(), None);
        while let Some(row) = rows.try_next().await? {
            tree.add(row.id, digest::row(name.table(), row.id, &row.fields));
        }
        drop(rows);
        trees.insert(name, tree);
    }
    Ok(trees)
}

/// The checksum of every table that came from FileMaker: equal for equal content, whatever way it came.
///
/// # Errors
/// When the database cannot be reached.
pub async fn checksums(
    database_url: &str,
    clinic: ClinicId,
) -> Result<BTreeMap<&'static str, String>, Error> {
    let mut connection = crate::load::connect(database_url, clinic).await?;
    let trees = target_trees(&mut connection, clinic).await?;
    Ok(trees
        .into_iter()
        .map(|(name, tree)| (name.as_str(), format!("{} {}", tree.rows, tree.root())))
        .collect())
}
