//! What travels: wire messages between workstation and server, IPC messages between shell and page.
//!
//! Owns: shapes, codes, versions. Must never: do I/O or hold a rule.
//! Called by: `local-store`, `sync-engine`, `sync-server`, `src-tauri`, `ui`.

pub mod admin;
pub mod code;
pub mod digest;
pub mod document;
pub mod escrow;
pub mod image;
pub mod ipc;
pub mod live;
pub mod openid;
pub mod pull;
pub mod push;
pub mod refused;
pub mod second_factor;
pub mod session;

pub use code::{ApiFault, ErrorCode};

/// Version of the HTTP protocol; travels in the header [`PROTOCOL_HEADER`].
///
/// 1: the first. 2: a pull names the feeds that the file may hold, asks for digests, mends buckets and reconciles another
/// epoch; live may carry rows; first sync by page images.
pub const PROTOCOL: u32 = 2;
/// The oldest version that is still served: every one of the last twelve months.
pub const OLDEST_PROTOCOL: u32 = 1;
/// The header that carries [`PROTOCOL`].
pub const PROTOCOL_HEADER: &str = "wattle-protocol";
