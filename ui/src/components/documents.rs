//! The documents of a patient: the list, and the viewer over the page.

pub(crate) mod add;
pub(crate) mod beside;
pub(crate) mod line;
pub(crate) mod list;
pub(crate) mod pane;
pub(crate) mod viewer;
