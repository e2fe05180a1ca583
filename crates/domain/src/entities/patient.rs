//! Patients.

use serde_json::{Map, Value};

use crate::fields::{BirthDateAccuracy, Sex};
use crate::ids::{PatientId, PractitionerId};
use crate::table::entity;
use crate::time::ClinicDate;

entity! {
    /// A person the clinic cares for.
    Patient, id: PatientId, "patient", Front {
        /// Unique per clinic; given by the server, `None` until then.
        record_number: Option<String>,
        /// `Ms`.
        title: Option<String>,
        /// Family name.
        family_name: String,
        /// Given names.
        given_name: Option<String>,
        /// What they like to be called.
        preferred_name: Option<String>,
        /// Birth date; never moves with a zone.
        birth_date: Option<ClinicDate>,
        /// How sure it is.
        birth_date_accuracy: BirthDateAccuracy,
        /// Sex.
        sex: Sex,
        /// Gender, in their words.
        gender: Option<String>,
        /// `she/her`.
        pronouns: Option<String>,
        /// Indigenous status, METeOR 602543 code 1 to 4 or 9.
        indigenous_status: Option<String>,
        /// Language, when an interpreter is needed.
        interpreter_language: Option<String>,
        /// Date of death.
        deceased_on: Option<ClinicDate>,
        /// Usual practitioner.
        usual_practitioner_id: Option<PractitionerId>,
        /// Set when this record was merged into another.
        merged_into: Option<PatientId>,
        /// Who changed each field last: `{field: {at, by, workstation}}`.
        field_changes: Map<String, Value>,
    }
}
