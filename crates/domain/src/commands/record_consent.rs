//! `record_consent`: a patient agrees to something, or takes it back.

use serde::{Deserialize, Serialize};

use super::record_entry::{self, NAME_CHARS, check_new, needed};
use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::entities::Consent;
use crate::fields::ConsentKind;
use crate::ids::{ConsentId, PatientId};
use crate::rejection::Rejection;
use crate::role::{Action, Grant, Noun};
use crate::row::RowChange;
use crate::table::TableName;
use crate::world::{Read, World};

/// A patient's word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordConsent {
    /// The id it gets.
    pub consent_id: ConsentId,
    /// Whose.
    pub patient_id: PatientId,
    /// To what.
    pub kind: ConsentKind,
    /// Given, or taken back.
    pub given: bool,
    /// Who said so, and how.
    pub note: String,
}

impl Verb for RecordConsent {
    const GRANT: Grant = (Noun::Patient, Action::Write);

    fn reads(&self) -> Vec<Read> {
        record_entry::reads(self.patient_id, TableName::Consent, self.consent_id.0)
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        Some(self.patient_id)
    }

    fn decide(&self, context: &Context, world: &World) -> Result<Decision, Rejection> {
        check_new(world, self.patient_id, TableName::Consent, self.consent_id.0)?;
        let consent = Consent {
            id: self.consent_id,
            patient_id: self.patient_id,
            kind: self.kind,
            given: self.given,
            note: needed("note", &self.note, NAME_CHARS)?,
            said_at: context.issued_at,
        };
        Ok(Decision::applied(vec![RowChange::insert(self.consent_id, &consent)]))
    }
}
