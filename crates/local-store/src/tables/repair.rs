//! Buckets that a digest found different from the server's and that no pull has mended yet.

use rusqlite::Connection;
use wattle_domain::{TableName, UtcInstant};

use crate::error::Error;

/// A bucket to mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wrong {
    pub table: TableName,
    pub bucket: u8,
    /// The contents differ under the same stamps: no row of it is trusted.
    pub untrusted: bool,
}

/// Writes one down. Once untrusted it stays so until it is mended.
pub(crate) fn add(connection: &Connection, wrong: &Wrong, at: UtcInstant) -> Result<(), Error> {
    let sql = "INSERT INTO repair (tbl, bucket, untrusted, found_at) VALUES (?, ?, ?, ?)
               ON CONFLICT (tbl, bucket) DO UPDATE SET untrusted = max(untrusted, excluded.untrusted)";
    let Wrong { table, bucket, untrusted } = wrong;
    connection.prepare_cached(sql)?.execute(rusqlite::params![table.as_str(), bucket, untrusted, at.0])?;
    Ok(())
}

/// The first so many.
pub(crate) fn first(connection: &Connection, most: usize) -> Result<Vec<Wrong>, Error> {
    let sql = "SELECT tbl, bucket, untrusted FROM repair ORDER BY tbl, bucket LIMIT ?";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([i64::try_from(most).unwrap_or(i64::MAX)], |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?))
    })?;
    rows.map(|row| {
        let (table, bucket, untrusted) = row?;
        let table = table.parse().map_err(|_| Error::BadRow { what: "repair".into() })?;
        Ok(Wrong { table, bucket, untrusted })
    })
    .collect()
}

/// How many.
pub(crate) fn count(connection: &Connection) -> Result<u64, Error> {
    let count: i64 = connection.prepare_cached("SELECT count(*) FROM repair")?.query_row([], |r| r.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// It is mended. Says whether it was to be.
pub(crate) fn forget(connection: &Connection, table: TableName, bucket: u8) -> Result<bool, Error> {
    let sql = "DELETE FROM repair WHERE tbl = ? AND bucket = ?";
    Ok(connection.prepare_cached(sql)?.execute(rusqlite::params![table.as_str(), bucket])? > 0)
}

/// Everything of a table is about to be found out anew by stamps, or sent whole; what is untrusted stays.
pub(crate) fn forget_trusted(connection: &Connection) -> Result<(), Error> {
    connection.execute_batch("DELETE FROM repair WHERE untrusted = 0")?;
    Ok(())
}

/// The table was sent whole, or is held no more.
pub(crate) fn forget_table(connection: &Connection, table: TableName) -> Result<(), Error> {
    connection.prepare_cached("DELETE FROM repair WHERE tbl = ?")?.execute([table.as_str()])?;
    Ok(())
}
