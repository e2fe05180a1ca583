//! The client's migrations: append-only SQL files under `migrations/client`, counted in `user_version`.

use rusqlite::{Connection, TransactionBehavior};

use crate::error::{Error, OpenError};
use crate::tables::synced;

/// Every migration in order; the file's number is its place here, from 1.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/client/0001_first_schema.sql"),
    include_str!("../../../migrations/client/0002_repair_and_groups.sql"),
    include_str!("../../../migrations/client/0003_access.sql"),
    include_str!("../../../migrations/client/0004_clinical_record.sql"),
    include_str!("../../../migrations/client/0005_documents.sql"),
    include_str!("../../../migrations/client/0006_restricted_records.sql"),
    include_str!("../../../migrations/client/0007_letters_and_results.sql"),
    include_str!("../../../migrations/client/0008_outbox_counts.sql"),
    include_str!("../../../migrations/client/0009_scans_drafts_and_templates.sql"),
    include_str!("../../../migrations/client/0010_billing.sql"),
    include_str!("../../../migrations/client/0011_former_log.sql"),
];

/// The schema version that this app writes.
#[must_use]
pub fn known_version() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// The schema version of a file; 0 for a new one.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Brings a file up to `to`, all in one transaction: it is old or new, never between.
pub(crate) fn migrate_to(connection: &mut Connection, to: u32) -> Result<(), OpenError> {
    let found = version(connection)?;
    if found > to {
        return Err(OpenError::TooNew { found, known: to });
    }
    if found == to {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for number in found..to {
        let sql = usize::try_from(number).ok().and_then(|i| MIGRATIONS.get(i)).copied().unwrap_or_default();
        transaction.execute_batch(sql)?;
    }
    if found > 0 {
        // A column that was unknown may be known now.
        synced::settle_extra(&transaction)?;
    }
    transaction.pragma_update(None, "user_version", to)?;
    transaction.commit().map_err(Error::from)?;
    tracing::info!(from = found, to, "local schema is up to date");
    Ok(())
}

#[cfg(test)]
mod tests;
