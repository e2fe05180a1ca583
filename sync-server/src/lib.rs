//! The sync server.
//!
//! Owns: the HTTP routes of [`wattle_protocol`], the order in which commands are decided for good, the only SQL that
//! touches the system of record. The rules themselves are [`wattle_domain::decide()`].
//!
//! Must never: hold a rule of the clinic, keep state that a restart would lose, log anything about a patient, or reach
//! a row past PostgreSQL's row-level security.
//!
//! Called by: the binary `wattle-server`, the whole-system tests and the benchmarks.

pub mod admin;
pub mod clock;
pub mod compaction;
pub mod config;
pub mod db;
pub mod document;
pub mod image;
pub mod job;
pub mod kms;
pub mod logging;
pub mod seal;
pub mod serve;
pub mod tls;

mod admission;
mod apply;
mod auth;
mod body;
mod error;
mod escrow;
mod guess;
mod handlers;
mod house;
mod limits;
mod live;
mod metrics;
mod names;
mod openid;
mod own_password;
mod password;
mod peer;
mod pull;
mod router;
mod second_factor;
mod secret;
mod state;
mod wipe;

pub use error::ApiError;
pub use router::{metrics_router, router};
pub use state::AppState;
