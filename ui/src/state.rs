//! What the page knows, by area; signals that events refresh.
//!
//! Must never: draw anything. Called by: pages and components.

pub(crate) mod attention;
pub(crate) mod audit;
pub(crate) mod billing;
pub(crate) mod book;
pub(crate) mod desk;
pub(crate) mod documents;
pub(crate) mod live;
pub(crate) mod patients;
pub(crate) mod people;
pub(crate) mod print;
pub(crate) mod record;
pub(crate) mod results;
pub(crate) mod scans;
pub(crate) mod sync;
pub(crate) mod theme;
pub(crate) mod toasts;
pub(crate) mod undo;
pub(crate) mod waiting;
