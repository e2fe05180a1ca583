//! What the shell tells the page unasked.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wattle_domain::TableName;

use super::session::{AppState, SyncState};

/// The Tauri event that carries every [`Event`].
pub const CHANNEL: &str = "wattle";

/// Something moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Rows have changed, by this desk or another.
    Changed(Changed),
    /// The sync state.
    Sync(SyncState),
    /// What the page shows.
    App(AppState),
    /// Something came out of the scanner's folder, was filed, or is to be said about a file there.
    Scans,
}

/// Which rows have changed. `ids` is empty when there are too many to name (after a first sync).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Tables with their rows.
    pub rows: Vec<(TableName, Vec<Uuid>)>,
}

impl Changed {
    /// Whether a table is among them.
    #[must_use]
    pub fn touches(&self, table: TableName) -> bool {
        self.rows.iter().any(|(t, _)| *t == table)
    }
}
