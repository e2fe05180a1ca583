//! `POST /v1/refused`: sign-ins that a workstation has refused by itself, without the server; told when it is there again. Told
//! twice, each is noted once.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wattle_domain::{UserId, UtcInstant};

/// So many are told at once, and kept at most.
pub const MOST_REFUSALS: usize = 500;

/// The body; the answer is `null`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusals {
    /// Each of them.
    pub refused: Vec<Refusal>,
}

/// A wrong password at a workstation. What was typed is nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Its own id: that of the entry in the log of access.
    pub id: Uuid,
    /// Whose account it was tried on.
    pub user: UserId,
    /// When, by the workstation's clock.
    pub at: UtcInstant,
}
