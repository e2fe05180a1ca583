//! The clinic's words and rules.
//!
//! Owns: ids, clinic time, Australian identifiers, roles, the description of every synced table, the commands and the
//! one pure function that decides them, [`decide()`].
//!
//! Must never: do I/O, read a clock, draw a random number. Everything here also compiles to wasm.
//!
//! Called by: every other crate.

pub mod attention;
pub mod attribution;
pub mod command;
pub mod commands;
pub mod decide;
pub mod duplicate;
pub mod entities;
pub mod fields;
pub mod identifiers;
pub mod ids;
pub mod length;
pub mod letter;
pub mod measure;
pub mod money;
pub mod number;
pub mod problem;
pub mod rejection;
pub mod restriction;
pub mod role;
pub mod row;
pub mod schedule;
pub mod search_text;
pub mod substance;
pub mod table;
pub mod time;
pub mod world;

pub use command::{Command, Envelope, Group, WIRE};
pub use decide::{Context, Decision, Outcome, Place, decide};
pub use ids::*;
pub use rejection::{Rejection, RejectionCode};
pub use role::{FeedClass, Role};
pub use row::{Fields, Row, RowChange, Unwritable};
pub use table::{Column, ColumnKind, Entity, Rest, Table, TableName};
pub use time::{ClinicDate, ClinicZone, UtcInstant};
pub use world::{Read, World};
