//! The keys of a profile's file, and how they rest on disk.
//!
//! Owns: the slot that seals a file's data key and its author's signing key under a password and the workstation's
//! secret, that secret, and the small facts that are sealed under the data key.
//!
//! Must never: write a key in the clear, log one, or touch the database file.
//!
//! Called by: `workstation`.

pub(crate) mod cipher;
mod error;
mod file;
mod sealed;
mod slot;
mod stretch;
mod workstation_secret;

pub use error::{KeyError, SlotError};
pub use file::write_atomic;
pub use sealed::{open_facts, seal_facts};
pub use slot::{KeySlot, Owner, SlotKeys};
pub use stretch::{Cost, Stretch};
pub use workstation_secret::WorkstationSecret;
