//! The patient's page of those who may read records: a banner that never leaves, forms, tabs.

pub(crate) mod account;
mod allergy_form;
mod banner;
mod chart;
pub(crate) mod consultation;
mod editor;
mod entry;
pub(crate) mod keys;
mod letter_form;
mod letters;
mod lists;
mod medicine_form;
mod medicines;
pub(crate) mod notes;
mod observations;
pub(crate) mod page;
mod problem_form;
pub(crate) mod recall_form;
pub(crate) mod recalls;
mod results;
mod share;
mod suggest;
pub(crate) mod summary;
mod timeline;
mod values_form;
