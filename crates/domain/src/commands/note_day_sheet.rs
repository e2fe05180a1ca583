//! `note_day_sheet`: somebody has printed the book of a day. Changes nothing; its entry in the audit log is all there is to it.

use serde::{Deserialize, Serialize};

use crate::command::Verb;
use crate::decide::{Context, Decision};
use crate::ids::PatientId;
use crate::rejection::Rejection;
use crate::role::{Action, Grant, Noun};
use crate::time::ClinicDate;
use crate::world::{Read, World};

/// The book of a day was printed: names, birth dates and phones of all who come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteDaySheet {
    /// Which day.
    pub date: ClinicDate,
}

impl Verb for NoteDaySheet {
    const GRANT: Grant = (Noun::Appointment, Action::Read);

    fn reads(&self) -> Vec<Read> {
        Vec::new()
    }

    fn patient(&self, _: &World) -> Option<PatientId> {
        None
    }

    fn act(&self) -> Option<&'static str> {
        Some("print_day_sheet")
    }

    /// What has happened cannot be refused.
    fn decide(&self, _: &Context, _: &World) -> Result<Decision, Rejection> {
        Ok(Decision::applied(Vec::new()))
    }
}
