//! Pages out of a closed file.

use std::path::Path;

use rusqlite::Connection;

use super::{LOCK_PAGE, PAGE_BYTES, RESERVED_AT, RESERVED_BYTES};
use crate::connection;
use crate::data_key::DataKey;
use crate::error::{Error, OpenError};

/// A file whose pages can be read. Nobody may write to it meanwhile.
pub struct Export {
    connection: Connection,
    pages: u32,
}

/// Opens a file for export. No store may have it open: its log is moved into it first.
///
/// # Errors
/// See [`OpenError`]; `Store` when the log could not be moved.
pub fn export(path: &Path, key: &DataKey) -> Result<Export, OpenError> {
    connection::prove(path, key)?;
    let connection = connection::checkpointer(path, key)?;
    let busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy {
        return Err(OpenError::Store(Error::Overloaded));
    }
    let pages = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
    let first: Vec<u8> =
        connection.query_row("SELECT data FROM sqlite_dbpage WHERE pgno = 1", [], |row| row.get(0))?;
    let reserved = first.get(RESERVED_AT).map(|reserved| usize::from(*reserved));
    if first.len() != PAGE_BYTES || reserved != Some(RESERVED_BYTES) {
        return Err(OpenError::Damaged);
    }
    connection.pragma_update(None, "query_only", true)?;
    Ok(Export { connection, pages })
}

impl Export {
    /// How many pages there are.
    #[must_use]
    pub fn pages(&self) -> u32 {
        self.pages
    }

    /// Hands out every page in the order of their numbers, from 1, all read in one snapshot.
    ///
    /// # Errors
    /// What `on_page` says, or when a page cannot be read.
    pub fn each<E: From<Error>>(
        &self,
        mut on_page: impl FnMut(u32, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let snapshot = self.connection.unchecked_transaction().map_err(Error::from)?;
        let mut statement =
            snapshot.prepare("SELECT pgno, data FROM sqlite_dbpage ORDER BY pgno").map_err(Error::from)?;
        let mut rows = statement.query([]).map_err(Error::from)?;
        let (mut page, mut due) = (vec![0; PAGE_BYTES], 1);
        while let Some(row) = rows.next().map_err(Error::from)? {
            let number: u32 = row.get(0).map_err(Error::from)?;
            let data = row.get_ref(1).map_err(Error::from)?.as_blob().unwrap_or_default();
            let used = PAGE_BYTES - RESERVED_BYTES;
            let (Some(from), Some(to)) = (data.get(..used), page.get_mut(..used)) else {
                return Err(bad_page(number).into());
            };
            if number != due {
                return Err(bad_page(number).into());
            }
            if number == LOCK_PAGE {
                to.fill(0)
            } else {
                to.copy_from_slice(from)
            }
            on_page(number, &page)?;
            due += 1;
        }
        if due - 1 == self.pages { Ok(()) } else { Err(bad_page(due).into()) }
    }
}

fn bad_page(number: u32) -> Error {
    Error::BadRow { what: format!("page {number}") }
}

impl std::fmt::Debug for Export {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Export").field("pages", &self.pages).finish_non_exhaustive()
    }
}
