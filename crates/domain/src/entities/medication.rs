//! Medicines of a patient, present and past.

use serde_json::{Map, Value};

use crate::fields::EntryStatus;
use crate::ids::{MedicationId, PatientId};
use crate::table::entity;
use crate::time::ClinicDate;

entity! {
    /// A medicine that was prescribed or is taken.
    Medication, id: MedicationId, "medication", Clinical {
        /// Whose.
        patient_id: PatientId,
        /// Code in [`crate::substance`], when it is one of the list.
        code: Option<String>,
        /// Name and strength, as written.
        text: String => Sealed,
        /// How it is taken.
        directions: Option<String> => Sealed,
        /// How much is supplied at a time, in tablets, doses or millilitres.
        quantity: Option<i64>,
        /// How often more may be supplied.
        repeats: Option<i64>,
        /// What for.
        reason: Option<String> => Sealed,
        /// Since when.
        started_on: Option<ClinicDate>,
        /// Until when.
        ended_on: Option<ClinicDate>,
        /// Why it was given against an allergy, in the prescriber's words.
        allergy_override: Option<String> => Sealed,
        /// Where it stands; inactive is ceased.
        status: EntryStatus,
        /// Who changed each field last.
        field_changes: Map<String, Value>,
    }
}
