//! The address book, and the clinic's own letters to begin with.

pub(crate) mod provider_form;
pub(crate) mod template_form;
