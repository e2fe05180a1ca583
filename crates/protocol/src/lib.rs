//! What travels: wire messages between workstation and server, IPC messages between shell and page.
//!
//! Owns: shapes, codes, versions. Must never: do I/O or hold a rule.
//! Called by: `local-store`, `sync-engine`, `sync-server`, `src-tauri`, `ui`.

pub mod code;
pub mod ipc;
pub mod live;
pub mod pull;
pub mod push;
pub mod session;

pub use code::{ApiFault, ErrorCode};

/// Version of the HTTP protocol; travels in the header [`PROTOCOL_HEADER`].
pub const PROTOCOL: u32 = 1;
/// The header that carries [`PROTOCOL`].
pub const PROTOCOL_HEADER: &str = "wattle-protocol";
