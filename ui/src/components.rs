//! Parts of pages.

pub(crate) mod addresses;
pub(crate) mod attention;
pub(crate) mod daybook;
pub(crate) mod documents;
pub(crate) mod drawer;
pub(crate) mod field;
pub(crate) mod frame;
pub(crate) mod icon;
pub(crate) mod own_password;
pub(crate) mod patients;
pub(crate) mod people;
pub(crate) mod picker;
pub(crate) mod print;
pub(crate) mod record;
pub(crate) mod restricted;
pub(crate) mod result_actions;
pub(crate) mod results_keys;
pub(crate) mod scans;
pub(crate) mod search;
pub(crate) mod sync;
pub(crate) mod toasts;
