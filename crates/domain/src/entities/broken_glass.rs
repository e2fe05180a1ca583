//! Somebody has opened a restricted record for an hour and said why. Who it was is who made the row.

use uuid::Uuid;

use crate::ids::{PatientId, UserId};
use crate::table::entity;
use crate::time::UtcInstant;

entity! {
    /// A broken glass; its id is that of the command that broke it.
    BrokenGlass, id: Uuid, "broken_glass", Front {
        /// Whose record.
        patient_id: PatientId,
        /// When, on the author's clock.
        opened_at: UtcInstant,
        /// Why, in their words.
        reason: String => Sealed,
        /// Who has looked at the notice; `None`: nobody yet.
        seen_by: Option<UserId>,
        /// When they did.
        seen_at: Option<UtcInstant>,
    }
}
