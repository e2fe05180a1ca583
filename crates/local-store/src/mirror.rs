//! The server's rows as this file holds them: the tables without the effect of pending commands.

use rusqlite::Connection;
use uuid::Uuid;
use wattle_domain::{Rev, Row, TableName, UtcInstant};
use wattle_protocol::digest::Stamp;
use wattle_sync_rules::digest::bucket_of;

use crate::error::Error;
use crate::tables::{mirror_image, synced};

/// The stamp of every row of a table, or only of some buckets. A row that only a pending command has made is none.
pub(crate) fn stamps(
    connection: &Connection,
    table: TableName,
    buckets: Option<&[u8]>,
    mut each: impl FnMut(Stamp),
) -> Result<(), Error> {
    let wanted = |id: Uuid| buckets.is_none_or(|buckets| buckets.contains(&bucket_of(id)));
    let images = mirror_image::of_table(connection, table)?;
    let sql = format!("SELECT id, rev, updated_at FROM {}", table.as_str());
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        // An id that is none was not written by us: to the digest such a row is not there.
        let Ok(id) = Uuid::parse_str(row.get_ref(0)?.as_str().unwrap_or_default()) else { continue };
        if wanted(id) && !images.contains_key(&id) {
            each(Stamp { id, rev: Rev(row.get(1)?), updated_at: UtcInstant(row.get(2)?) });
        }
    }
    for row in images.into_values().flatten().filter(|row| wanted(row.id)) {
        each(Stamp { id: row.id, rev: row.rev, updated_at: row.attribution.updated_at });
    }
    Ok(())
}

/// The rows of one bucket. One that cannot be read is left out, and so makes the bucket differ.
pub(crate) fn rows_of_bucket(
    connection: &Connection,
    table: TableName,
    bucket: u8,
) -> Result<Vec<Row>, Error> {
    let images = mirror_image::of_table(connection, table)?;
    let mut rows =
        synced::readable(connection, table, "WHERE substr(id, 35) = ?", [format!("{bucket:02x}")])?;
    rows.retain(|row| !images.contains_key(&row.id));
    rows.extend(images.into_values().flatten().filter(|row| bucket_of(row.id) == bucket));
    Ok(rows)
}
