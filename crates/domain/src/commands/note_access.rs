//! `note_access`: somebody has looked at a patient's record, printed it or taken it out of the house. Changes nothing; its
//! entry in the audit log is all there is to it. A command like any other, so a look made offline is logged too.

use serde::{Deserialize, Serialize};

use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::ids::PatientId;
use crate::rejection::Rejection;
use crate::role::{Action, Grant, Noun};
use crate::world::{Read, World};

/// What was done with what is kept about a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// The record was opened.
    Opened,
    /// Something of it was printed.
    Printed,
    /// Something of it was written to a file outside Wattle.
    Exported,
    /// One of its documents was opened.
    Downloaded,
}

/// Somebody has looked at a patient's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteAccess {
    /// Whose.
    pub patient_id: PatientId,
    /// How.
    pub access: Access,
}

impl Verb for NoteAccess {
    const GRANT: Grant = (Noun::Patient, Action::Read);

    fn reads(&self) -> Vec<Read> {
        Vec::new()
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        Some(self.patient_id)
    }

    fn act(&self) -> Option<&'static str> {
        Some(match self.access {
            Access::Opened => "open_record",
            Access::Printed => "print_record",
            Access::Exported => "export_record",
            Access::Downloaded => "open_document",
        })
    }

    /// What has happened cannot be refused: a record that is gone since was still looked at.
    fn decide(&self, _: &Context, _: &World) -> Result<Decision, Rejection> {
        Ok(Decision::applied(Vec::new()))
    }
}
