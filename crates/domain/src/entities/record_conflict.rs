//! As [`super::Conflict`], about a field of the clinical record: its values travel where the record travels, and the desk
//! does not see them. A test holds that the columns are the same.

use serde_json::Value;

use crate::fields::ConflictStatus;
use crate::ids::{CommandId, ConflictId, PatientId, UserId, WorkstationId};
use crate::table::entity;
use crate::time::UtcInstant;

entity! {
    /// A difference that a clinician must look at.
    RecordConflict, id: ConflictId, "record_conflict", Clinical {
        /// The command that met another value.
        command_id: CommandId,
        /// The table of the row, by its wire name.
        table_name: String,
        /// The row.
        row_id: uuid::Uuid,
        /// The field.
        field: String,
        /// The patient it is about.
        patient_id: Option<PatientId>,
        /// The value that the row has now: the later receipt at the server.
        kept_value: Value => Sealed,
        /// Who wrote it.
        kept_by: Option<UserId>,
        /// When they wrote it, on their clock.
        kept_at: UtcInstant,
        /// Where they wrote it.
        kept_workstation: Option<WorkstationId>,
        /// The value that it replaced.
        other_value: Value => Sealed,
        /// Who wrote that.
        other_by: Option<UserId>,
        /// When.
        other_at: Option<UtcInstant>,
        /// Where.
        other_workstation: Option<WorkstationId>,
        /// Open or resolved.
        status: ConflictStatus,
        /// The value that was chosen.
        chosen_value: Value => Sealed,
        /// Who chose.
        resolved_by: Option<UserId>,
        /// When.
        resolved_at: Option<UtcInstant>,
    }
}
