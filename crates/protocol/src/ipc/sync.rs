//! The *Sync* page. Commands: `sync_page() -> SyncPage`, `check_now()` (compare with the server at the next contact),
//! `write_support_bundle(WriteBundle) -> Option<Bundle>`; `sync_state` and `sync_now` are with [`super::session`].
//!
//! Nothing here may hold a patient's datum: ids of commands, names of verbs, codes, counts and times only.

use serde::{Deserialize, Serialize};
use wattle_domain::{CommandId, GroupId, RejectionCode, ReplicaId, UtcInstant, WorkstationId};

use super::session::SyncState;

/// All that the page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncPage {
    /// How it stands with the server.
    pub state: SyncState,
    /// What the file says.
    pub file: SyncDetails,
    /// `0.3.0`.
    pub app_version: String,
    /// `wattle_protocol::PROTOCOL`.
    pub protocol: u32,
    /// `wattle_domain::WIRE`.
    pub wire: u32,
    /// The server's address.
    pub server_url: String,
    /// This computer.
    pub workstation_name: String,
    /// This computer, for support.
    pub workstation: WorkstationId,
}

/// What the file says of its sync.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncDetails {
    /// The server's epoch that the cursors belong to; empty at first.
    pub epoch: String,
    /// The file that numbers its commands; `None` in a file of an older app.
    pub replica: Option<ReplicaId>,
    /// `front-ref`: the classes that the file may hold.
    pub profile: String,
    /// Version of the file's tables.
    pub schema: u32,
    /// Bytes of the file and its log on disk.
    pub file_bytes: u64,
    /// The last command number given out.
    pub last_n: u64,
    /// Commands by where they stand.
    pub counts: OutboxCounts,
    /// Commands that are not at their end, oldest first, at most [`OUTBOX_LINES`].
    pub outbox: Vec<OutboxLine>,
    /// Comparisons with the server.
    pub digest: DigestState,
}

/// So many commands are listed; the counts tell of all.
pub const OUTBOX_LINES: u32 = 200;

/// How many commands stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxCounts {
    /// Not sent, or sent without an answer.
    pub waiting: u64,
    /// Of those: the server has said that they wait for another command.
    pub deferred: u64,
    /// Answered; their rows have not come back yet.
    pub answered: u64,
    /// A rule said no, and nobody has dealt with it.
    pub rejected: u64,
    /// Kept whole at the server, and nobody has dealt with it.
    pub quarantined: u64,
    /// Somebody has dealt with it.
    pub set_aside: u64,
    /// Acknowledged, kept for some days in case the server loses its tail.
    pub acknowledged: u64,
}

/// A command, without what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxLine {
    /// Which.
    pub command_id: CommandId,
    /// Its number in this file.
    pub n: u64,
    /// Its name: `book_appointment`.
    pub name: String,
    /// When it was made.
    pub issued_at: UtcInstant,
    /// Where it stands.
    pub standing: Standing,
    /// The command that it waits for, for [`Standing::Deferred`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferred_on: Option<CommandId>,
    /// Why, for [`Standing::Rejected`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<RejectionCode>,
    /// The commands that it stands or falls with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
}

/// Where a command stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Not sent, or sent without an answer.
    Waiting,
    /// Waits at the server's word for another command.
    Deferred,
    /// Answered; its rows have not come back yet.
    Answered,
    /// A rule said no.
    Rejected,
    /// Kept whole at the server.
    Quarantined,
}

/// How the last comparison with the server went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestState {
    /// When tables were last compared; `None`: never yet.
    pub checked_at: Option<UtcInstant>,
    /// Buckets found different then.
    pub wrong: u64,
    /// Buckets that wait to be mended.
    pub repairs: u64,
    /// Buckets mended since the file was made.
    pub mended: u64,
}

/// Arguments of `write_support_bundle`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteBundle {
    /// Ask the person where; else it goes to the folder for downloads.
    pub ask: bool,
}

/// A support bundle was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// Where it is.
    pub path: String,
    /// Its size.
    pub bytes: u64,
}
