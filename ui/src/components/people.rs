//! Rows and forms of the page of people and computers.

pub(crate) mod approve;
pub(crate) mod computer;
pub(crate) mod form;
pub(crate) mod person;
