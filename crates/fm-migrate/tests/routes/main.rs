//! A clinic out of FileMaker Server over HTTP, with a real PostgreSQL on the other side.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

mod accounts;
mod containers;
mod cutover;
mod dbt;
mod delta;
mod dirt;
mod faults;
mod letters;
mod log;
mod models;
mod recalls;
mod record;
mod rejects;
mod resume;
mod same;
mod server;
mod support;
mod verify;
