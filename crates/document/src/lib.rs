//! A document's bytes: what they are by their first bytes, and the sealed parts that they rest in.
//!
//! Owns: the format of a part, the same in object storage and in a workstation's folder, and what parts are called in the former. A part is up to [`PART_BYTES`] of
//! the document under AES-256-GCM with a random nonce before it; associated data bind it to its document, its number and
//! the document's size, so that one that is cut, exchanged or of another document does not open.
//!
//! Must never: do I/O, hold more than a part, name a document or a patient in an error.
//!
//! Called by: `workstation` (seals and opens), `sync-server` (opens, to confirm), `fm-migrate` (seals what it brings).

mod key;
mod part;
mod sniff;
mod whole;

pub use key::DocumentKey;
pub use part::{PART_BYTES, Parts, SEAL_BYTES, clinic_folder, new_folder, part_name};
pub use sniff::{Sniffed, Unfit, mime_of, sniff, sniff_type};
pub use whole::is_whole;

/// SHA-256 of bytes that come in pieces.
#[derive(Clone)]
pub struct Hasher(ring::digest::Context);

impl Default for Hasher {
    fn default() -> Self {
        Self(ring::digest::Context::new(&ring::digest::SHA256))
    }
}

impl Hasher {
    /// Takes the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The hash: 64 hex digits, lower case.
    #[must_use]
    pub fn finish(self) -> String {
        use std::fmt::Write as _;
        self.0.finish().as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hasher")
    }
}

/// Why a part is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not 32 bytes, or not base64 of them.
    #[error("that is no key of a document")]
    Key,
    /// The document has no part of this number, or it is not as long as it must be.
    #[error("a part is not as long as it must be")]
    Length,
    /// Not sealed under this key for this place of this document.
    #[error("a part was not sealed for this place of this document")]
    Seal,
    /// No randomness.
    #[error("the machine has no randomness")]
    Machine,
}
