//! Many workstations, a model of the server and every fault, out of one seed.
//!
//! Owns: virtual time, the wire between workstations and server, the faults, and what must hold afterwards.
//!
//! Must never: look at a real clock, draw chance from anywhere but the seed, or decide what the product decides: the sync
//! machine and the encrypted files are the real ones.
//!
//! Called by: `wattle-sim` (`cargo xtask sim`) and its own tests.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "it is a test: an assumption of its own that does not hold must end it loudly"
)]

pub mod canary;
pub mod desk;
pub mod mutant;
pub mod plan;
pub mod random;
pub mod run;
pub mod server;
pub mod shrink;
pub mod trace;
pub mod world;
