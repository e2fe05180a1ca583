//! A whole file as numbered pages: out of a closed file, and into a new one under another key.
//!
//! A page travels in the clear with its last bytes empty, where SQLCipher keeps what authenticates it; each file's own
//! pager seals it again. Whoever carries pages must seal them on the way. The tables inside are nobody's business here.
//!
//! Called by: whoever builds or fetches images of files.

mod export;
mod import;

pub use export::{Export, export};
pub use import::Import;

/// Bytes of a page of every file of ours.
pub const PAGE_BYTES: usize = crate::page_check::PAGE_BYTES;
/// Bytes at the end of each page that are the file's own: SQLCipher's IV and HMAC.
pub const RESERVED_BYTES: usize = 80;

/// The page that SQLite never uses, because locks live at its place.
const LOCK_PAGE: u32 = 0x4000_0000 / 4096 + 1;
/// Where the first page says how many bytes of each are reserved.
const RESERVED_AT: usize = 20;
