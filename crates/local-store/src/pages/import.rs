//! Pages into a new file under its own key, written through SQLite's pager.

use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::{LOCK_PAGE, PAGE_BYTES, RESERVED_AT, RESERVED_BYTES};
use crate::connection;
use crate::data_key::DataKey;
use crate::error::Error;

/// What SQLite keeps of pages that are not yet written.
const CACHE_KIB: i64 = 16 * 1024;

/// A file in the making. Dropped before [`Import::finish`] it is of no use, and neither is what a crash leaves: begin again.
pub struct Import {
    connection: Connection,
    path: PathBuf,
    key: DataKey,
    pages: u32,
    /// How many have come.
    here: u32,
    /// It is written last: with it SQLite believes that the other tables are there, and goes to look at them.
    first: Vec<u8>,
}

impl Import {
    /// Begins a new file of so many pages. A file that an earlier attempt left under the name is emptied: give it a name
    /// that no store has.
    ///
    /// # Errors
    /// When it cannot be written, or when the number of pages is none.
    pub fn begin(path: &Path, key: &DataKey, pages: u32) -> Result<Self, Error> {
        if pages == 0 {
            return Err(bad_page(0));
        }
        for suffix in ["-wal", "-shm", "-journal"] {
            match std::fs::remove_file(connection::beside(path, suffix)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        File::create(path)?.sync_all()?;
        let connection = connection::page_writer(path, key)?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false)?;
        // With a first table the file has its page size and its reserved bytes.
        connection.execute_batch("CREATE TABLE ground (n INTEGER); BEGIN IMMEDIATE")?;
        Ok(Self { connection, path: path.to_owned(), key: key.clone(), pages, here: 0, first: Vec::new() })
    }

    /// Writes the next page: they come in the order of their numbers, from 1. (The pager would read a page that is skipped,
    /// and find nothing there that authenticates.)
    ///
    /// # Errors
    /// When it is not the next, when its size does not fit, or when it cannot be written; begin again then.
    pub fn page(&mut self, number: u32, data: &[u8]) -> Result<(), Error> {
        if number != self.here + 1 || number > self.pages || data.len() != PAGE_BYTES {
            return Err(bad_page(number));
        }
        match number {
            1 if data.get(RESERVED_AT).map(|r| usize::from(*r)) == Some(RESERVED_BYTES) => {
                self.first = data.to_vec();
            }
            1 => return Err(bad_page(number)),
            LOCK_PAGE => {}
            _ => write(&self.connection, number, data)?,
        }
        self.here = number;
        Ok(())
    }

    /// How many pages are still to come.
    #[must_use]
    pub fn missing(&self) -> u32 {
        self.pages - self.here
    }

    /// Ends it: all pages must be here. They are safe on disk and look like a database when this returns. The file is then
    /// to be opened by [`crate::Store::open_imported`].
    ///
    /// # Errors
    /// `Incomplete` when pages are missing, `Damaged` when it is no database, any other when it could not be written.
    pub fn finish(self) -> Result<(), Error> {
        if self.missing() > 0 {
            return Err(Error::Incomplete);
        }
        let Self { connection, path, key, pages, first, .. } = self;
        write(&connection, 1, &first)?;
        connection.execute_batch("COMMIT")?;
        connection.close().map_err(|(_, error)| error)?;
        File::open(&path)?.sync_all()?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            // Folders can be synced on Unix only; elsewhere the name is safe with the file.
            #[cfg(unix)]
            File::open(folder)?.sync_all()?;
            #[cfg(not(unix))]
            let _ = folder;
        }
        let found = connection::look(&path, &key)?;
        let written: u32 = found.pragma_query_value(None, "page_count", |row| row.get(0))?;
        if written != pages {
            return Err(bad_page(written));
        }
        every_table_reads(&found)
    }
}

fn write(connection: &Connection, number: u32, data: &[u8]) -> Result<(), Error> {
    connection
        .prepare_cached("INSERT INTO sqlite_dbpage (pgno, data) VALUES (?, ?)")?
        .execute(rusqlite::params![number, data])?;
    Ok(())
}

/// Reads the first row of every table and the last of every one that has numbers: each descends its tree from the root.
fn every_table_reads(connection: &Connection) -> Result<(), Error> {
    let tables: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for table in tables {
        let first = format!("SELECT * FROM \"{table}\" LIMIT 1");
        connection.prepare(&first)?.query([])?.next()?;
        let last = format!("SELECT * FROM \"{table}\" ORDER BY rowid DESC LIMIT 1");
        // Tables without row numbers have no last one.
        if let Ok(mut statement) = connection.prepare(&last) {
            statement.query([])?.next()?;
        }
    }
    Ok(())
}

fn bad_page(number: u32) -> Error {
    Error::BadRow { what: format!("page {number}") }
}

impl std::fmt::Debug for Import {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Import").field("missing", &self.missing()).finish_non_exhaustive()
    }
}
