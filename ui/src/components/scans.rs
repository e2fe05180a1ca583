//! Scans: the folder that they come from, and how one is filed.

pub(crate) mod file_form;
pub(crate) mod folder;
