//! A stand-in for FileMaker Server: it speaks the Data API and OData over HTTP, as real servers were recorded to.
//!
//! Owns: the replies, their odd corners, and the faults that can be planted in them. For tests and the demo only.
//! Must never: answer better than FileMaker does. What no recording shows is marked [K] where it is decided.
//! Called by: tests of `fm-migrate`, the demo, the benchmarks.

pub mod clinic;
mod container;
mod data_api;
pub mod database;
mod faults;
mod json;
mod odata;
mod reply;
mod server;
mod sessions;
mod stored;
mod url;

pub use faults::{Fault, What};
pub use server::{Settings, Standin};

/// Why a stand-in did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No port, or the folder of the sample cannot be read.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The sample clinic is not readable.
    #[error("the sample clinic: {0}")]
    Sample(#[from] wattle_fm_migrate::Error),
}
