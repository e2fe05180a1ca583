//! Frames of a new copy over an old one: kept in an encrypted file beside the store until all have come, so that people
//! go on working while a slow network brings them.

use std::path::PathBuf;

use rusqlite::Connection;
use wattle_protocol::pull::Frame;

use crate::connection::{self, beside};
use crate::error::Error;
use crate::store::Store;

/// The staged frames of one pull. The file goes with it; it never held anything that the server has not.
pub(super) struct Staging {
    // In this order: closed, then removed.
    connection: Connection,
    _file: Own,
}

struct Own(PathBuf);

impl Drop for Own {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Staging {
    pub(super) fn new(store: &Store) -> Result<Self, Error> {
        let path = beside(store.path(), ".staged");
        // One that a crash has left.
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let connection = connection::staging(&path, store.key())?;
        let file = Own(path);
        connection
            .execute_batch("CREATE TABLE frame (n INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT; BEGIN")?;
        Ok(Self { connection, _file: file })
    }

    pub(super) fn add(&self, frame: &Frame) -> Result<(), Error> {
        let json = serde_json::to_string(frame).map_err(|_| Error::BadRow { what: "frame".into() })?;
        self.connection.prepare_cached("INSERT INTO frame (json) VALUES (?)")?.execute([json])?;
        Ok(())
    }

    /// The frames after the `n`-th, one by one.
    pub(super) fn after(&self, n: i64) -> Result<Option<(i64, Frame)>, Error> {
        let sql = "SELECT n, json FROM frame WHERE n > ? ORDER BY n LIMIT 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([n])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let frame = serde_json::from_str(&row.get::<_, String>(1)?);
        Ok(Some((row.get(0)?, frame.map_err(|_| Error::BadRow { what: "staged frame".into() })?)))
    }
}
