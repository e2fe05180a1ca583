//! Sync between real parts: PostgreSQL, the server's process, encrypted files, engines, and a wire that can be cut.
//!
//! A [`Desk`](desk::Desk) is a workstation without its window. The cast: *reception-1* and *reception-2* (Maria), *dr-lee*.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod cuts;
mod desk;
mod doors;
mod outage;
mod verdicts;
mod work;
