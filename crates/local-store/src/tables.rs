//! SQL of the store's own tables and of the synced ones: one file per table.

pub(crate) mod cursor;
pub(crate) mod meta;
pub(crate) mod mirror_image;
pub(crate) mod note_draft;
pub(crate) mod outbox;
pub(crate) mod pending;
pub(crate) mod repair;
pub(crate) mod scan;
pub(crate) mod synced;
pub(crate) mod value;
