//! *Needs attention*. Commands: `attention() -> Vec<AttentionItem>`, `resolve_conflict(ResolveConflict)`,
//! `set_aside(SetAside)` (a rejected command that somebody has dealt with; it is kept).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wattle_domain::{CommandId, ConflictId, PatientId, Rejection, TableName, UtcInstant};

/// One thing that somebody must look at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AttentionItem {
    /// Two people changed one field.
    Conflict(ConflictItem),
    /// A rule said no at the server.
    Rejected(RejectedItem),
}

/// Two people changed one field without seeing each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConflictItem {
    /// Which.
    pub id: ConflictId,
    /// The table of the row.
    pub table: TableName,
    /// The row.
    pub row_id: uuid::Uuid,
    /// The field.
    pub field: String,
    /// For a contact or identifier: its kind (`mobile`, `medicare`, …).
    pub row_kind: Option<String>,
    /// About whom.
    pub patient_id: Option<PatientId>,
    /// `COSTA Maria`.
    pub patient_name: Option<String>,
    /// The value that the row has now.
    pub kept: Side,
    /// The value that it replaced.
    pub other: Side,
    /// The choice is made here but not yet on the server.
    pub pending: bool,
}

/// One of the two.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// The value.
    pub value: Value,
    /// Display name of who wrote it; `None` for the import.
    pub by: Option<String>,
    /// The person who is signed in wrote it.
    pub mine: bool,
    /// When.
    pub at: Option<UtcInstant>,
}

/// A command that a rule stopped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RejectedItem {
    /// Which.
    pub command_id: CommandId,
    /// Its name: `book_appointment`.
    pub name: String,
    /// Its arguments, so that the way out can be filled in.
    pub args: Value,
    /// When it was made.
    pub issued_at: UtcInstant,
    /// Display name of its author.
    pub by: Option<String>,
    /// About whom.
    pub patient_id: Option<PatientId>,
    /// `COSTA Maria`.
    pub patient_name: Option<String>,
    /// Why, and free slots where that helps. `None`: kept in quarantine at the server.
    pub rejection: Option<Rejection>,
}

/// Arguments of `set_aside`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// Which.
    pub command_id: CommandId,
}
