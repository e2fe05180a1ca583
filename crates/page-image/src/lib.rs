//! Pages of an SQLite file as sealed chunks, and back.
//!
//! Owns: the format. A chunk is consecutive pages of a plain file with [`RESERVED_BYTES`] unused bytes at the end of each,
//! zstd, then AES-256-GCM under the image's own random key. Nonce and associated data bind a chunk to its image, number,
//! place and size and to the size of the whole file, so that one that is reordered, cut, exchanged or of another image does
//! not open. SHA-256 of the stored bytes tells a bad chunk before anything is opened.
//!
//! Must never: do I/O, know SQL, hold more than one chunk.
//!
//! Called by: `image-builder` (writes), `sync-engine` (reads).

mod error;
mod key;
mod open;
mod plan;
mod seal;
mod shape;

pub use error::{Error, Flaw};
pub use key::ImageKey;
pub use open::{Opener, Pages};
pub use plan::Plan;
pub use seal::{Sealed, Sealer};
pub use shape::{CHUNK_BYTES, MOST_CHUNK_BYTES, PAGE_BYTES, RESERVED_BYTES, Shape};

/// SHA-256 as hex, as [`wattle_protocol::image::ChunkOffer::sha256`] has it.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref())
}

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

    /// The hash as hex.
    #[must_use]
    pub fn finish(self) -> String {
        hex(self.0.finish().as_ref())
    }
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hasher")
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
