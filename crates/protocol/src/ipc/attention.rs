//! *Needs attention*. Commands: `attention() -> Vec<AttentionItem>`, `resolve_conflict(ResolveConflict)`,
//! `set_aside(SetAside)` (a rejected command that somebody has dealt with; it is kept, with who and when),
//! `see_glass(SeeGlass)` (a notice was looked at), `try_again(TryAgain)` (the same once more as new commands; the old ones are then set aside).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wattle_domain::rejection::FreeSlot;
use wattle_domain::{
    CommandId, ConflictId, Group, PatientId, Rejection, TableName, UserId, UtcInstant, WorkstationId,
};

/// One thing that somebody must look at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AttentionItem {
    /// Two people changed one field.
    Conflict(ConflictItem),
    /// A rule said no at the server.
    Rejected(RejectedItem),
    /// Somebody has opened a restricted record.
    Glass(GlassItem),
    /// Two patients have one Medicare card.
    SameCard(SameCardItem),
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
    /// Somebody has typed a third value since; `kept` is that one, and the other value cannot be chosen any more.
    #[serde(default)]
    pub moved_on: bool,
    /// The row was taken out of the record: who typed into it had not seen that.
    #[serde(default)]
    pub deleted: bool,
    /// The record is restricted and shut to whoever looks: the values are left out.
    #[serde(default)]
    pub shut: bool,
    /// The choice is made here but not yet on the server.
    pub pending: bool,
}

/// Somebody has opened a restricted record and said why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GlassItem {
    /// Which glass.
    pub id: uuid::Uuid,
    /// Whose record.
    pub patient_id: PatientId,
    /// `COSTA Maria`.
    pub patient_name: Option<String>,
    /// Display name of who opened it.
    pub by: Option<String>,
    /// It was the person who is signed in.
    pub mine: bool,
    /// When, on their workstation's clock.
    pub opened_at: UtcInstant,
    /// When it shut, or will.
    pub until: UtcInstant,
    /// Why, in their words.
    pub reason: String,
}

/// Two patients or more with one Medicare number and one line of the card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SameCardItem {
    /// The number.
    pub number: String,
    /// The individual reference number.
    pub reference: String,
    /// When the later of them came.
    pub noticed_at: UtcInstant,
    /// Whose it is, the earliest first.
    pub patients: Vec<SameCardPatient>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SameCardPatient {
    /// Who.
    pub patient_id: PatientId,
    /// `COSTA Maria`.
    pub name: Option<String>,
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
    /// When, on the clock of the workstation.
    pub at: Option<UtcInstant>,
    /// At which workstation; `None` for the import.
    #[serde(default)]
    pub workstation: Option<WorkstationId>,
    /// Its name, as far as this workstation has heard it.
    #[serde(default)]
    pub workstation_name: Option<String>,
    /// It was this workstation.
    #[serde(default)]
    pub here: bool,
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
    /// Why, and free slots where that helps. `None`: kept in quarantine at the server, or never in effect here.
    pub rejection: Option<Rejection>,
    /// The server could not decide it and keeps it whole.
    #[serde(default)]
    pub quarantined: bool,
    /// The person who is signed in made it.
    #[serde(default)]
    pub mine: bool,
    /// Its number in this file, to read out to support.
    #[serde(default)]
    pub n: u64,
    /// Its place among commands that stand or fall together.
    #[serde(default)]
    pub group: Option<Group>,
    /// The appointment that it is about, as the rows here have it now.
    #[serde(default)]
    pub about: Option<About>,
    /// Somebody has dealt with it: it stays on the list for some days, folded.
    #[serde(default)]
    pub aside: Option<Aside>,
}

/// The appointment that a command is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// `Dr Lee`: whose column it names, else where the appointment is.
    pub practitioner_name: Option<String>,
    /// When the appointment is now; `None` when it is not here.
    pub start_at: Option<UtcInstant>,
    /// `Long consultation`.
    pub type_name: Option<String>,
}

/// Who has dealt with a rejected command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    /// Who; `None` in a file of an older app.
    pub by: Option<UserId>,
    /// Their display name.
    pub by_name: Option<String>,
    /// When.
    pub at: UtcInstant,
}

/// A command that was dealt with stays on the list for so long, so that a slip can be put back.
pub const ASIDE_SHOWN_MS: i64 = 7 * 24 * 3_600_000;

/// Arguments of `set_aside`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// Which.
    pub command_id: CommandId,
    /// Put it back on the list instead.
    #[serde(default)]
    pub back: bool,
}

/// Arguments of `try_again`: one command, or all of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TryAgain {
    /// Which.
    pub command_ids: Vec<CommandId>,
    /// At this time instead, for a booking or a move.
    #[serde(default)]
    pub slot: Option<FreeSlot>,
}
