//! The day book.

pub(crate) mod booking;
pub(crate) mod card;
pub(crate) mod column;
pub(crate) mod drag;
pub(crate) mod grid;
pub(crate) mod keys;
pub(crate) mod over;
pub(crate) mod toolbar;
