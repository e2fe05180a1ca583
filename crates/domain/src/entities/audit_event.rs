//! Who changed what. Written by the server beside every verdict; chained per clinic.

use serde_json::Value;

use crate::ids::{CommandId, PatientId, UserId, WorkstationId};
use crate::table::entity;
use crate::time::UtcInstant;

entity! {
    /// One entry of the audit log.
    AuditEvent, id: uuid::Uuid, "audit_event", Admin, append_only {
        /// When the server decided, UTC.
        at: UtcInstant,
        /// Who.
        user_id: UserId,
        /// In which role(s), joined by commas.
        role: String,
        /// At which workstation.
        workstation_id: WorkstationId,
        /// The command's name, or the act that it notes: `open_record`, `print_record`, …
        action: String,
        /// The command.
        command_id: CommandId,
        /// The patient it is about.
        patient_id: Option<PatientId>,
        /// The verdict.
        outcome: String,
        /// `[{table, id, fields: [name]}]`: which fields changed, never their values; `[{hits: n}]` of a search.
        changes: Value,
        /// Hash of the entry before, hex; empty for the first.
        prev_hash: String,
        /// SHA-256 over the entry and `prev_hash`, hex.
        hash: String,
        /// When it was done, by the workstation's clock; `None` in entries of older servers. Made offline, it may be long
        /// before `at`.
        issued_at: Option<UtcInstant>,
    }
}
