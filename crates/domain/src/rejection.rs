//! Why a rule said no, and what can be done instead.

use serde::{Deserialize, Serialize};

use crate::ids::PractitionerId;
use crate::time::UtcInstant;

/// The code of a rejection. Matched by code, never by message; words for people live in the UI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectionCode {
    /// The author's roles do not allow it.
    NotAllowed,
    /// The row it is about does not exist (or not for this author).
    NotFound,
    /// The row it would make exists already.
    AlreadyExists,
    /// Another active appointment of the practitioner overlaps.
    SlotTaken,
    /// Somebody else has moved the appointment since.
    Moved,
    /// The appointment's state does not allow this step (it is cancelled, over, …).
    WrongState,
    /// End before start, longer than a day, empty name, unknown field …
    Invalid,
    /// The conflict was resolved by somebody else.
    AlreadyResolved,
    /// The identifier belongs to another patient of this clinic (IHI only).
    IdentifierTaken,
    /// Nil known cannot be noted while allergies stand.
    AllergiesStand,
    /// Only its author replaces a note; anybody else adds to it.
    NotTheAuthor,
    /// The patient's record is restricted, and the author had not opened it.
    Restricted,
    /// Somebody else has changed the field since the author saw it.
    ChangedSince,
    /// Another command of its group was refused, and they stand or fall together.
    GroupRefused,
    /// A code of a newer version.
    #[serde(other)]
    Other,
}

/// A free slot offered instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreeSlot {
    /// Whose.
    pub practitioner_id: PractitionerId,
    /// From, UTC.
    pub start_at: UtcInstant,
    /// To, UTC.
    pub end_at: UtcInstant,
}

/// A rule's no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("rejected: {code:?}")]
pub struct Rejection {
    /// Why.
    pub code: RejectionCode,
    /// For [`RejectionCode::SlotTaken`]: the nearest free slots of the same practitioner that day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub free: Vec<FreeSlot>,
    /// For [`RejectionCode::Invalid`]: the field that is wrong, never its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl Rejection {
    /// A no without more to say.
    #[must_use]
    pub fn new(code: RejectionCode) -> Self {
        Self { code, free: Vec::new(), field: None }
    }

    /// A field is wrong.
    #[must_use]
    pub fn invalid(field: &str) -> Self {
        Self { code: RejectionCode::Invalid, free: Vec::new(), field: Some(field.to_owned()) }
    }
}

impl From<crate::table::BadRow> for Rejection {
    fn from(_: crate::table::BadRow) -> Self {
        Self::new(RejectionCode::Invalid)
    }
}
