//! What a patient agreed to, and took back. Only grows; the latest word of a kind holds.

use crate::fields::ConsentKind;
use crate::ids::{ConsentId, PatientId};
use crate::table::entity;
use crate::time::UtcInstant;

entity! {
    /// A word of a patient, or of who speaks for them.
    Consent, id: ConsentId, "consent", Front, append_only {
        /// Whose.
        patient_id: PatientId,
        /// To what.
        kind: ConsentKind,
        /// Given, or taken back.
        given: bool,
        /// Who said so, and how, in words: `in person`, `her daughter, by phone`.
        note: String => Sealed,
        /// When, UTC.
        said_at: UtcInstant,
    }
}

impl Consent {
    /// Whether a patient has agreed and not taken it back; `consents` with the latest word first.
    #[must_use]
    pub fn stands(consents: &[Self], kind: ConsentKind) -> bool {
        consents.iter().find(|consent| consent.kind == kind).is_some_and(|consent| consent.given)
    }
}
