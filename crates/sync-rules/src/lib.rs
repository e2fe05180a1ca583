//! The rules of the sync itself, as pure functions.
//!
//! Owns: what follows from a command's past (first answer, deferral, group, quarantine), how a table is digested, which
//! pointers of the commit log may go. Clinical rules are `wattle-domain`'s.
//!
//! Must never: do I/O, read a clock, draw a random number.
//!
//! Called by: `sync-server` and the simulator's server (so that both decide alike), `local-store` (digests).

pub mod compaction;
pub mod digest;
pub mod push;
