//! Parts of the patients page, and the lines of every patient search.

pub(crate) mod duplicates;
pub(crate) mod find;
pub(crate) mod form;
pub(crate) mod hit;
pub(crate) mod list;
pub(crate) mod papers;
pub(crate) mod record;
