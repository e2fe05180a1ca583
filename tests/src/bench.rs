//! The benchmarks: each measures one promise of the README beside a floor in the same run.
//!
//! Called by: the program `bench`, which `cargo xtask bench` builds for release.

pub mod clinic;
pub mod daybook;
pub mod figures;
pub mod file;
pub mod first_sync;
pub mod floor;
pub mod one_change;
pub mod open;
pub mod propagation;
pub mod search;
pub mod sizes;
