//! What fills the window, or the place beside the rail.

pub(crate) mod addresses;
pub(crate) mod attention;
pub(crate) mod audit;
pub(crate) mod codes;
pub(crate) mod daybook;
pub(crate) mod desk;
pub(crate) mod first_sync;
pub(crate) mod help;
pub(crate) mod locked;
pub(crate) mod patients;
pub(crate) mod people;
pub(crate) mod results;
pub(crate) mod scans;
pub(crate) mod set_up;
pub(crate) mod sign_in;
pub(crate) mod sync;
pub(crate) mod waiting;
