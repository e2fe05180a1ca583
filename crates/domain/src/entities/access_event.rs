//! Who came in, and who was let in: sign-ins and their failures, changes of accounts, roles and workstations, keys given
//! out. Written by the server as it happens; chained per clinic.

use serde_json::Value;
use uuid::Uuid;

use crate::ids::{PatientId, UserId, WorkstationId};
use crate::table::entity;
use crate::time::UtcInstant;

entity! {
    /// One entry of the log of access.
    AccessEvent, id: Uuid, "access_event", Admin, append_only {
        /// When, UTC.
        at: UtcInstant,
        /// Who did it; `None` when nobody knows, as after a wrong password.
        user_id: Option<UserId>,
        /// At which workstation.
        workstation_id: Option<WorkstationId>,
        /// A word of ours: `sign_in`, `grant_role`, …
        action: String,
        /// Whom or what it was done to: a user, a workstation.
        subject_id: Option<Uuid>,
        /// The patient it is about.
        patient_id: Option<PatientId>,
        /// What a person gave as the reason.
        reason: Option<String>,
        /// Words and ids of ours, such as `{"role": "nurse"}`.
        detail: Value,
        /// Hash of the entry before, hex; empty for the first.
        prev_hash: String,
        /// SHA-256 over the entry and `prev_hash`, hex.
        hash: String,
    }
}
