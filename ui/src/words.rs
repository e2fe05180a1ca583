//! Every text about a code, a state or a field: what happened and what to do about it.
//!
//! Must never: carry a patient's datum. Called by: every page.

mod acts;
mod faults;
mod fields;
mod record;
mod sync;

use wattle_domain::Role;

pub(crate) use acts::*;
pub(crate) use faults::*;
pub(crate) use fields::*;
pub(crate) use record::*;
pub(crate) use sync::*;

/// A role.
pub(crate) fn role(role: Role) -> &'static str {
    match role {
        Role::Reception => "Reception",
        Role::Nurse => "Nurse",
        Role::Practitioner => "Practitioner",
        Role::PracticeManager => "Practice manager",
        Role::Admin => "Administrator",
    }
}
