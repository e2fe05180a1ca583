//! `note_export`: somebody has taken a list out of the house. Changes nothing; its entry in the audit log is all there is to it.

use serde::{Deserialize, Serialize};

use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::ids::PatientId;
use crate::rejection::Rejection;
use crate::role::{Action, Grant, Noun};
use crate::world::{Read, World};

/// What was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exported {
    /// Entries of the logs.
    AuditLog,
}

/// Somebody has taken a list out of the house.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteExport {
    /// Which.
    pub exported: Exported,
}

impl Verb for NoteExport {
    const GRANT: Grant = (Noun::Audit, Action::Read);

    fn reads(&self) -> Vec<Read> {
        Vec::new()
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        None
    }

    fn act(&self) -> Option<&'static str> {
        Some(match self.exported {
            Exported::AuditLog => "export_audit",
        })
    }

    /// What has happened cannot be refused.
    fn decide(&self, _: &Context, _: &World) -> Result<Decision, Rejection> {
        Ok(Decision::applied(Vec::new()))
    }
}
