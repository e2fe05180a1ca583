//! Single facts about the file.

use rusqlite::{Connection, OptionalExtension};
use wattle_domain::ReplicaId;

use crate::error::Error;

/// Clinic id.
pub(crate) const CLINIC: &str = "clinic";
/// Workstation id.
pub(crate) const WORKSTATION: &str = "workstation";
/// Profile.
pub(crate) const PROFILE: &str = "profile";
/// The server's epoch that the cursors belong to.
pub(crate) const EPOCH: &str = "epoch";
/// The last command number given out.
pub(crate) const LAST_N: &str = "last_n";

/// The file as far as command numbers go.
pub(crate) const REPLICA: &str = "replica";
/// When digests were compared last, in milliseconds.
pub(crate) const DIGEST_CHECKED_AT: &str = "digest_checked_at";
/// How many buckets were found different then.
pub(crate) const DIGEST_WRONG: &str = "digest_wrong";
/// How many buckets were ever mended.
pub(crate) const DIGEST_MENDED: &str = "digest_mended";
/// Rows were taken out whose last trace in free pages and log is still to go.
pub(crate) const VACUUM_DUE: &str = "vacuum_due";

/// A fact.
pub(crate) fn get(connection: &Connection, name: &str) -> Result<Option<String>, Error> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE name = ?")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

/// Sets a fact.
pub(crate) fn set(connection: &Connection, name: &str, value: &str) -> Result<(), Error> {
    let sql = "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    connection.prepare_cached(sql)?.execute([name, value])?;
    Ok(())
}

/// The last command number given out; 0 at first.
pub(crate) fn last_n(connection: &Connection) -> Result<i64, Error> {
    let text = get(connection, LAST_N)?;
    text.map_or(Ok(0), |t| t.parse().map_err(|_| Error::BadRow { what: "last_n".into() }))
}

/// Forgets a fact.
pub(crate) fn forget(connection: &Connection, name: &str) -> Result<(), Error> {
    connection.prepare_cached("DELETE FROM meta WHERE name = ?")?.execute([name])?;
    Ok(())
}

/// A number among the facts.
pub(crate) fn number(connection: &Connection, name: &str) -> Result<Option<i64>, Error> {
    let text = get(connection, name)?;
    text.map(|t| t.parse().map_err(|_| Error::BadRow { what: name.to_owned() })).transpose()
}

/// The file as far as command numbers go; drawn when the file was made.
pub(crate) fn replica(connection: &Connection) -> Result<ReplicaId, Error> {
    let text = get(connection, REPLICA)?.unwrap_or_default();
    text.parse().map_err(|_| Error::BadRow { what: REPLICA.to_owned() })
}
