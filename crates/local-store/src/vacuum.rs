//! Rows that this file may not hold any more leave no trace in it: neither in free pages nor in the log.

use std::time::Duration;

use rusqlite::Connection;

use crate::connection;
use crate::error::Error;
use crate::store::Store;
use crate::tables::meta;

/// How long readers of the old rows are waited for.
const PATIENCE: Duration = Duration::from_secs(1);

impl Store {
    /// Tries again what could not be done when the rows were removed.
    pub(crate) fn vacuum_if_due(&self) -> Result<(), Error> {
        if self.read(|connection| meta::get(connection, meta::VACUUM_DUE))?.is_none() {
            return Ok(());
        }
        self.writer().run(|connection| {
            if_due(connection);
            Ok(())
        })
    }
}

/// Does it when it is due. What cannot be done now (a full disk, a reader that does not end) stays due for the next pull or
/// open.
pub(crate) fn if_due(connection: &Connection) {
    match meta::get(connection, meta::VACUUM_DUE) {
        Ok(None) => return,
        Ok(Some(_)) => {}
        Err(error) => return tracing::warn!(error = &error as &dyn std::error::Error, "not vacuumed"),
    }
    if let Err(error) = vacuum(connection) {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "free pages still hold rows that were removed"
        );
    }
}

fn vacuum(connection: &Connection) -> Result<(), Error> {
    // Beside the file system's temporary files, which SQLCipher encrypts under the same key, a large file would have to fit
    // into memory.
    connection.pragma_update(None, "temp_store", "FILE")?;
    let done = connection.execute_batch("VACUUM");
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    done?;
    // Nobody can save meanwhile: a reader that does not end is not waited for long.
    connection.busy_timeout(PATIENCE)?;
    let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
    connection.busy_timeout(connection::PATIENCE)?;
    if busy? {
        return Err(Error::Overloaded);
    }
    meta::forget(connection, meta::VACUUM_DUE)?;
    connection::secure_delete(connection, "FAST")?;
    Ok(())
}
