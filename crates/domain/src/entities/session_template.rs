//! Rosters, breaks and leave.

use crate::fields::SessionKind;
use crate::ids::{PractitionerId, SessionTemplateId};
use crate::table::entity;
use crate::time::ClinicDate;

entity! {
    /// A repeating or dated part of a roster, in the clinic's wall-clock minutes.
    SessionTemplate, id: SessionTemplateId, "session_template", Ref {
        /// Whose.
        practitioner_id: PractitionerId,
        /// Session, break or leave.
        kind: SessionKind,
        /// 0 Monday … 6 Sunday; `None` is every day.
        weekday: Option<u8>,
        /// First day it holds.
        from_date: Option<ClinicDate>,
        /// Last day it holds.
        to_date: Option<ClinicDate>,
        /// Minute of the day, 0 to 1440.
        starts_min: i64,
        /// Minute of the day, 0 to 1440, after `starts_min`.
        ends_min: i64,
    }
}
