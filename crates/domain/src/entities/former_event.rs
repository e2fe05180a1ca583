//! The log that the clinic's system before Wattle kept: who did what to whose record. Brought by the import, and never added to.

use uuid::Uuid;

use crate::fields::FormerAct;
use crate::ids::{PatientId, UserId};
use crate::table::entity;
use crate::time::UtcInstant;

entity! {
    /// One entry of the former system's log. Names of fields, never what was in them: who may read a log need not be who may
    /// read a record.
    FormerEvent, id: Uuid, "former_event", Admin, append_only {
        /// When, UTC.
        at: UtcInstant,
        /// Who: a name that came out of the former system, no account of Wattle.
        user_id: UserId,
        /// What was done.
        action: FormerAct,
        /// The patient it is about, where that patient came along.
        patient_id: Option<PatientId>,
        /// The table or layout, as it was called there.
        place: Option<String>,
        /// The record's number there.
        record: Option<String>,
        /// The field, as it was called there.
        field: Option<String>,
    }
}
