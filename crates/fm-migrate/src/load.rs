//! From files into PostgreSQL: staging as found, then the target, one transaction per table.
//!
//! Owns: every SQL statement of the migrator. Works as role `wattle_migrator`, so that row-level security, attribution and
//! the commit-ordered feed hold for it too.
//! Must never: delete a row of the target, or overwrite one that a person has changed since.
//! Called by: everything here that asks PostgreSQL.

pub(crate) mod actual;
pub(crate) mod checklist;
pub(crate) mod clinic;
pub(crate) mod connect;
pub(crate) mod containers;
mod copy;
mod landed;
pub(crate) mod last_run;
pub(crate) mod list;
pub(crate) mod map_key;
mod merge;
mod removal;
mod reversal;
pub(crate) mod since;
pub(crate) mod spot_check;
pub(crate) mod stage;
pub(crate) mod standing;
mod succession;
pub(crate) mod switchover;
pub(crate) mod target;
pub(crate) mod wire;
pub(crate) mod witness;

pub(crate) use connect::connect;
pub use merge::Merged;
pub(crate) use merge::NOT_OURS;
pub(crate) use target::TableLoad;
