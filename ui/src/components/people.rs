//! Rows and forms of the page of people and computers, and of who sees patients.

pub(crate) mod approve;
pub(crate) mod computer;
pub(crate) mod form;
pub(crate) mod person;
pub(crate) mod practitioner;
pub(crate) mod practitioner_form;
