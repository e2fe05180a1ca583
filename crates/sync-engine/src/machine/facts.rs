//! What the machine knows of the file: read by the driver after everything that may have changed it.

use wattle_domain::{CommandId, UtcInstant};
use wattle_protocol::session::Cursors;

/// The store's answer to "how far are we".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The epoch the cursors belong to; empty before the first contact.
    pub epoch: String,
    /// Last commit applied, per feed; a feed that is missing or 0 is sent whole.
    pub cursors: Cursors,
    /// Commands without a final verdict.
    pub outbox_len: u64,
    /// When the oldest of them was made.
    pub oldest_waiting_at: Option<UtcInstant>,
    /// Highest command number ever given out here.
    pub last_n: u64,
    /// Answered commands that no checkpoint covers yet.
    pub awaiting: Vec<CommandId>,
    /// Things in *Needs attention*.
    pub attention: u64,
}
