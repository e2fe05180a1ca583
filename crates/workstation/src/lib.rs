//! A workstation without its window.
//!
//! Owns: set-up and enrolment, the operating system's keyring, sign-in with and without the server, lock and sign-out,
//! the open file with its sync, and one method for everything the page may ask.
//!
//! Must never: know of Tauri, hold a rule of the clinic, write SQL, or put anything about a patient or a password into a
//! log or an error.
//!
//! Called by: `src-tauri`, the whole-system tests, the benchmarks.

mod attempts;
mod config;
mod desk;
mod error;
mod facts;
mod file;
mod folder;
mod keyring;
mod loopback;
mod own_code;
mod record;
mod refused;
mod server;
mod shelf;
mod support;
mod tokens;
mod workstation;

pub use config::Config;
pub use error::Error;
pub use keyring::{Keyring, KeyringError};
pub use wattle_local_store::SystemClock;
pub use workstation::{NewDocument, Workstation};
