//! Patients whose record not everybody of the house may open: somebody who works here, somebody who is threatened.

use serde_json::Value;
use uuid::Uuid;

use crate::ids::PatientId;
use crate::table::entity;

entity! {
    /// A patient's restriction; its id is [`crate::restriction::id_of`] the patient.
    Restriction, id: Uuid, "restriction", Front {
        /// Whose record.
        patient_id: PatientId,
        /// False: it was lifted.
        active: bool,
        /// `[user id]`: who opens it as any other record, the treating team.
        open_to: Value,
    }
}
