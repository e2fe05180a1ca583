//! What every chunk of an image is bound to.

use ring::aead::{Aad, Nonce};
use uuid::Uuid;

use crate::error::Error;

/// Bytes of a page: SQLCipher 4's.
pub const PAGE_BYTES: u32 = 4096;
/// Bytes at the end of each page that the plain file leaves unused: where SQLCipher puts its IV and HMAC. They travel as
/// zeros.
pub const RESERVED_BYTES: u32 = 80;
/// Bytes of pages in a chunk, before it is compressed.
pub const CHUNK_BYTES: u32 = 6 << 20;
/// The most bytes of pages that a reader takes in one chunk.
pub const MOST_CHUNK_BYTES: u32 = 16 << 20;

/// Version of the format; another one does not open.
const FORMAT: &[u8] = b"wattle page image 1";
/// SQLite's own limit is higher; a workstation's is a disk.
const MOST_PAGES: u32 = 1 << 28;

/// An image's identity and the size of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Which image.
    pub image: Uuid,
    /// Bytes of one page.
    pub page_bytes: u32,
    /// Pages of the file.
    pub pages: u32,
}

impl Shape {
    /// A file of so many pages of [`PAGE_BYTES`].
    #[must_use]
    pub fn new(image: Uuid, pages: u32) -> Self {
        Self { image, page_bytes: PAGE_BYTES, pages }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.page_bytes != PAGE_BYTES {
            return Err(Error::Image("its pages are not of 4096 bytes"));
        }
        if self.pages == 0 || self.pages > MOST_PAGES {
            return Err(Error::Image("its number of pages cannot be"));
        }
        Ok(())
    }

    pub(crate) fn bytes_of(&self, pages: u32) -> usize {
        usize::try_from(u64::from(pages) * u64::from(self.page_bytes)).unwrap_or(usize::MAX)
    }

    /// One chunk's place as associated data: a chunk opens nowhere else.
    pub(crate) fn place(&self, number: u32, first_page: u32, pages: u32) -> Aad<Vec<u8>> {
        let mut bytes = Vec::with_capacity(FORMAT.len() + 16 + 5 * 4);
        bytes.extend_from_slice(FORMAT);
        bytes.extend_from_slice(self.image.as_bytes());
        for word in [self.page_bytes, self.pages, number, first_page, pages] {
            bytes.extend_from_slice(&word.to_be_bytes());
        }
        Aad::from(bytes)
    }
}

/// A key seals each number once, so the number may be the nonce, and need not be stored.
pub(crate) fn nonce(number: u32) -> Nonce {
    let mut bytes = [0; 12];
    for (to, from) in bytes.iter_mut().skip(8).zip(number.to_be_bytes()) {
        *to = from;
    }
    Nonce::assume_unique_for_key(bytes)
}
