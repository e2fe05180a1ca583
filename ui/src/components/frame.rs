//! What stands around every page.

pub(crate) mod rail;
pub(crate) mod sync_status;
pub(crate) mod top;
