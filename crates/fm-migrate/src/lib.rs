//! Moves a clinic out of FileMaker: extract as found, type, load, account for every row.
//!
//! Owns: the readers of FileMaker's export files, the rules by which their text becomes typed values, the mapping of a
//! clinic's fields to ours, the load into PostgreSQL with its reject table, and the generator of the sample clinic.
//!
//! Must never: drop a row in silence, guess at a value, or put a value into a log line, error or progress line.
//!
//! Called by: the `fm-migrate` binary, `cargo xtask demo`, the benchmarks.

pub mod containers;
pub mod convert;
pub mod cutover;
pub mod draft;
pub mod error;
pub mod extract;
pub mod ids;
pub mod import;
mod load;
pub mod map_key;
pub mod mapping;
pub mod models;
mod private;
pub mod raw;
pub mod read;
pub mod reason;
pub mod rejects;
pub mod report;
pub mod sample;
pub mod status;
pub mod survey;
pub mod typing;
pub mod verify;
pub mod wire;

pub use error::Error;
