//! Pictures of documents: what a reader shows, drawn by us as plain pixels, so that no script, link or form of a document
//! ever reaches the page.
//!
//! Owns: the only use of `image` and `hayro`, the bounds against image bombs. Must never: do I/O, change an original, name
//! anything of a document in an error. A broken file may make the libraries panic: whoever calls does so on a thread of its
//! own and takes its end for [`Error::Broken`].
//!
//! Called by: `workstation`.

mod pdf;
mod picture;

pub use pdf::{find, page, pages};
pub use picture::picture;

/// A picture as PNG.
#[derive(Clone, PartialEq, Eq)]
pub struct Drawn {
    /// The PNG.
    pub png: Vec<u8>,
    /// Pixels.
    pub width_px: u32,
    /// Pixels.
    pub height_px: u32,
}

impl std::fmt::Debug for Drawn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { width_px, height_px, .. } = self;
        write!(f, "Drawn({width_px} x {height_px})")
    }
}

/// Why nothing is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not whole, or not of its format.
    #[error("the document cannot be drawn")]
    Broken,
    /// It would take more memory than a picture may.
    #[error("the picture is too large")]
    TooLarge,
    /// Under a password.
    #[error("the document is under a password")]
    Locked,
    /// It has no such page.
    #[error("the document has no such page")]
    NoPage,
}
