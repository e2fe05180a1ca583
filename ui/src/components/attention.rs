//! One card per kind of thing that needs somebody.

pub(crate) mod conflict;
pub(crate) mod rejected;
