//! One card per thing that needs somebody.

mod card;
pub(crate) mod conflict;
pub(crate) mod glass;
pub(crate) mod keys;
pub(crate) mod rejected;
mod said;
pub(crate) mod same_card;
