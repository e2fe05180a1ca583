//! What the latest finished import used, and what it said.

use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::ClinicId;

use crate::error::Error;
use crate::ids::SourceTable;
use crate::raw::{RawColumn, WrittenBy};

/// One table of it.
#[derive(Clone, Debug)]
pub(crate) struct Used {
    pub(crate) table: SourceTable,
    pub(crate) source: Uuid,
    pub(crate) route: String,
    pub(crate) columns: Vec<RawColumn>,
    pub(crate) staged: u64,
    pub(crate) found: Option<u64>,
    pub(crate) witness: Option<u64>,
    /// The extract was read on after the import.
    pub(crate) newer: bool,
}

/// Whether an import was begun after the latest that came to its end: what is in the target is of neither then.
pub(crate) async fn is_half_done(connection: &mut PgConnection, clinic: ClinicId) -> Result<bool, Error> {
    sqlx::query_scalar(
        "SELECT coalesce((SELECT r.finished_at IS NULL FROM staging.run r WHERE r.clinic_id = $1
             AND EXISTS (SELECT FROM staging.run_source u WHERE u.run_id = r.id) ORDER BY r.id DESC LIMIT 1), false)",
    )
    .bind(clinic.0)
    .fetch_one(connection)
    .await
    .map_err(Error::db("looking for an import that was broken off"))
}

type Stored = (
    String,
    Uuid,
    String,
    Vec<String>,
    Vec<String>,
    Option<Vec<String>>,
    i64,
    Option<i64>,
    Option<i64>,
    Option<bool>,
);

/// The latest finished import of a clinic and its tables.
pub(crate) async fn last_import(
    connection: &mut PgConnection,
    clinic: ClinicId,
) -> Result<Option<(Uuid, Vec<Used>)>, Error> {
    let doing = || Error::db("looking for the latest import");
    let run: Option<Uuid> = sqlx::query_scalar(
        "SELECT r.id FROM staging.run r WHERE r.clinic_id = $1 AND r.finished_at IS NOT NULL
           AND EXISTS (SELECT FROM staging.run_source u WHERE u.run_id = r.id) ORDER BY r.id DESC LIMIT 1",
    )
    .bind(clinic.0)
    .fetch_optional(&mut *connection)
    .await
    .map_err(doing())?;
    let Some(run) = run else { return Ok(None) };
    let stored: Vec<Stored> = sqlx::query_as(
        "SELECT s.source_table, s.id, s.route, u.columns, u.kinds, e.written_by,
             (SELECT count(*) FROM staging.raw_row w WHERE w.source_id = s.id), e.found, e.witness,
             e.state <> 'stable' OR e.stable_at > r.finished_at
         FROM staging.run_source u JOIN staging.source s ON s.id = u.source_id JOIN staging.run r ON r.id = u.run_id
         LEFT JOIN staging.extract e ON e.source_id = s.id WHERE u.run_id = $1",
    )
    .bind(run)
    .fetch_all(connection)
    .await
    .map_err(doing())?;
    let unsigned = |n: i64| u64::try_from(n).unwrap_or(0);
    let used = stored.into_iter().filter_map(
        |(name, source, route, names, kinds, written, staged, found, witness, newer)| {
            let table = SourceTable::ALL.into_iter().find(|t| t.as_str() == name)?;
            let columns = (0..)
                .zip(names.into_iter().zip(kinds))
                .map(|(i, (name, kind))| RawColumn {
                    name,
                    kind: Some(kind).filter(|k| !k.is_empty()),
                    max_repeat: None,
                    written_by: written
                        .as_ref()
                        .and_then(|w| w.get(i))
                        .map_or(WrittenBy::Person, |w| WrittenBy::read(w)),
                })
                .collect();
            let (found, witness) = (found.map(unsigned), witness.map(unsigned));
            Some(Used {
                table,
                source,
                route,
                columns,
                staged: unsigned(staged),
                found,
                witness,
                newer: newer.unwrap_or(false),
            })
        },
    );
    let mut used: Vec<Used> = used.collect();
    used.sort_by_key(|u| u.table);
    Ok(Some((run, used)))
}
