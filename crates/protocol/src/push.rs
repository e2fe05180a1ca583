//! `POST /v1/push`: commands of one workstation in the order of their numbers, and a verdict for each.

use serde::{Deserialize, Serialize};
use wattle_domain::{CommandId, ConflictId, Rejection};

/// The request. The author signed the exact text, so that no two sides need agree on canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// In the order of `n`.
    pub commands: Vec<Signed>,
}

/// A command as its author signed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// JSON text of a [`wattle_domain::Envelope`].
    pub payload: String,
    /// Ed25519 over the bytes of `payload`, base64 of 64 bytes.
    pub signature: String,
}

/// What became of a command. Final, but for `deferred`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Decided as seen.
    Applied,
    /// Other fields had moved on; both kept.
    Merged,
    /// The same field had moved on; the conflict rows keep both values.
    Conflict {
        /// Which.
        conflicts: Vec<ConflictId>,
    },
    /// A rule said no. The pending effect is undone, the command kept, the way out offered.
    Rejected {
        /// Why, and what instead.
        rejection: Rejection,
    },
    /// Waits for a command it depends on.
    Deferred {
        /// Which.
        on: CommandId,
    },
    /// Could not be decided; kept whole at the server, somebody must look.
    Quarantined,
}

/// The answer to one command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Which.
    pub command_id: CommandId,
    /// What became of it.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The server had seen it before; this is its first answer again.
    #[serde(default)]
    pub duplicate: bool,
}

/// The answer to [`Push`], one per command, in their order. Fewer when the server stopped early: push the rest again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pushed {
    /// The answers.
    pub answers: Vec<Answer>,
    /// A number came with another command than the one that the server has under it: a copy of this file is at work
    /// elsewhere. The commands are decided all the same; the file must draw a new replica id.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub twin: bool,
}
