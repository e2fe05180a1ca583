//! `note_search`: somebody has looked for patients and opened none of those they found. Changes nothing; its entry in the audit
//! log is all there is to it. What was typed is not in it: people look for names, numbers and birth dates.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::ids::PatientId;
use crate::rejection::Rejection;
use crate::role::{Action, Grant, Noun};
use crate::world::{Read, World};

/// Somebody has looked for patients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteSearch {
    /// How many were shown in the end.
    pub hits: u32,
}

impl Verb for NoteSearch {
    const GRANT: Grant = (Noun::Patient, Action::Read);

    fn reads(&self) -> Vec<Read> {
        Vec::new()
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        None
    }

    fn act(&self) -> Option<&'static str> {
        Some("search_patients")
    }

    fn said(&self) -> Option<Value> {
        Some(json!({"hits": self.hits}))
    }

    /// What has happened cannot be refused.
    fn decide(&self, _: &Context, _: &World) -> Result<Decision, Rejection> {
        Ok(Decision::applied(Vec::new()))
    }
}
