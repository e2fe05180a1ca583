//! The benchmarks: each measures one promise of the README beside a floor in the same run.
//!
//! Called by: the program `bench`, which `cargo xtask bench` builds for release.

pub mod bucket;
pub mod by_hand;
pub mod catch_up;
pub mod clinic;
pub mod containers;
pub mod copy_floor;
pub mod crowd;
pub mod daybook;
pub mod document_memory;
pub mod document_page;
pub mod documents;
pub mod drain;
pub mod figures;
pub mod file;
pub mod first_sync;
pub mod floor;
pub mod idle;
pub mod machine;
pub mod migrate;
pub mod one_change;
pub mod open;
pub mod open_record;
pub mod place;
pub mod propagation;
pub mod propagation_200;
pub mod push;
pub mod scale;
pub mod search;
pub mod sign_in;
pub mod sizes;
pub mod storm;
pub mod stream;
