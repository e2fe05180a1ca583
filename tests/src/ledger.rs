//! What a desk's person was told is saved: one line a command, on disk before the next one is made.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};
use wattle_domain::CommandId;

/// One saved command.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    /// Which.
    pub command: CommandId,
    /// Its name.
    pub name: String,
}

/// A ledger open for writing.
#[derive(Debug)]
pub struct Ledger(File);

impl Ledger {
    /// Goes on with a ledger, or begins it.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        Ok(Self(File::options().create(true).append(true).open(path)?))
    }

    /// Writes a line down; it is on disk when this returns.
    ///
    /// # Errors
    /// The disk takes no more.
    pub fn write(&mut self, line: &Line) -> std::io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.0.write_all(&text)?;
        self.0.sync_data()
    }
}

/// All lines. One that a kill cut short was never told to anybody, and does not count.
///
/// # Errors
/// The file cannot be read.
pub fn read(path: &Path) -> std::io::Result<Vec<Line>> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        other => other?,
    };
    Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}
