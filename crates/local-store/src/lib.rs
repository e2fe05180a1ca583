//! The encrypted SQLite file of a workstation.
//!
//! Owns: the only use of rusqlite; opening, keys and migrations of the file; the one writer and the pool of readers; rows,
//! mirror images, outbox, cursors, patient search; the queries behind the screens.
//!
//! Must never: delete a database, take a wrong key for damage, lose a command that was saved, let a reader write, put a
//! patient's datum into a log or an error, hold a rule (rules live in `wattle-domain`).
//!
//! Called by: `sync-engine`, `workstation`. Everything blocks; async callers use `spawn_blocking`.

mod answers;
mod ask;
mod author;
mod carry;
mod checkpoint;
mod clock;
mod connection;
mod damage;
mod data_key;
mod delta;
mod digest;
mod effect;
mod error;
mod facts;
mod identity;
mod imported;
pub mod keys;
mod mirror;
mod page_check;
pub mod pages;
mod pull;
mod readers;
mod rebase;
mod replica;
pub mod schema;
mod screens;
mod search;
mod store;
mod submit;
mod tables;
#[cfg(test)]
mod testing;
mod txn;
mod vacuum;
mod world;
mod writer;

pub use ask::PullKind;
pub use author::{Author, SigningKey};
pub use clock::{Ids, SystemClock, SystemIds, new_id};
pub use damage::SetAside;
pub use data_key::DataKey;
pub use error::{Error, OpenError, SubmitError};
pub use facts::SyncFacts;
pub use identity::Identity;
pub use pull::{Pull, PullDone};
pub use screens::documents::DocumentRow;
pub use screens::scans::TakenScan;
pub use store::Store;
pub use submit::Submitted;
