//! All SQL of the server.
//!
//! Owns: connections, the identity that row-level security believes, statements. Every table of the clinic's data is
//! read and written from its description in [`wattle_domain::table`], so a new column needs no new statement.
//! Must never: decide anything.
//! Called by: everything else here.

pub mod connect;
pub mod migrate;

pub(crate) mod access;
pub(crate) mod account;
pub(crate) mod activity;
pub(crate) mod admin;
pub(crate) mod attempt;
pub(crate) mod audit;
pub(crate) mod codec;
pub(crate) mod column_key;
pub(crate) mod command_log;
pub(crate) mod copy;
pub(crate) mod delta;
pub(crate) mod document;
pub(crate) mod error;
pub(crate) mod escrow;
pub(crate) mod feed;
pub(crate) mod identity;
pub(crate) mod image;
pub(crate) mod job;
pub(crate) mod openid;
pub(crate) mod pass;
pub(crate) mod push;
pub(crate) mod rows;
pub(crate) mod second_factor;
pub(crate) mod session;
pub(crate) mod stamps;
pub(crate) mod table_sql;
pub(crate) mod token;
pub(crate) mod workstation;
pub(crate) mod write;

pub(crate) use identity::Identity;
