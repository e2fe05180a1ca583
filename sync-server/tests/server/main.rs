//! The server against a real PostgreSQL, over real HTTP. Paths mirror `src/`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod support;

mod admin;
mod apply;
mod cli;
mod db;
mod handlers;
mod job;
mod kms;
mod limits;
mod live;
mod matrix;
mod metrics;
mod pull;
mod seal;
mod serve;
mod tls;
