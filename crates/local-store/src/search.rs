//! Patients by what is typed, and those who may be the same person.

mod duplicates;
pub(crate) mod index;
mod query;
mod rank;
