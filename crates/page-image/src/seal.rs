//! Pages in, sealed chunks out.

use ring::aead::LessSafeKey;
use zstd::bulk::Compressor;

use crate::error::Error;
use crate::key::ImageKey;
use crate::sha256;
use crate::shape::{CHUNK_BYTES, MOST_CHUNK_BYTES, RESERVED_BYTES, Shape, nonce};

/// Higher levels cost seconds and win little: most of a page is text that is compact already.
const LEVEL: i32 = 3;

/// A chunk as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Which, from 0.
    pub number: u32,
    /// Its first page, from 1.
    pub first_page: u32,
    /// How many pages.
    pub pages: u32,
    /// SHA-256 of `bytes`, hex.
    pub sha256: String,
    /// What is stored.
    pub bytes: Vec<u8>,
}

/// Makes the chunks of one image under a key of its own. Holds one chunk.
pub struct Sealer {
    shape: Shape,
    key: ImageKey,
    cipher: LessSafeKey,
    zstd: Compressor<'static>,
    /// Bytes of a full chunk.
    full: usize,
    held: Vec<u8>,
    number: u32,
    /// Pages of the chunks before.
    done: u32,
    /// Pages held.
    pages: u32,
}

impl Sealer {
    /// A sealer with a new key, for chunks of about [`CHUNK_BYTES`].
    ///
    /// # Errors
    /// When the shape cannot be, or the machine has no randomness.
    pub fn new(shape: Shape) -> Result<Self, Error> {
        Self::with_chunk_bytes(shape, CHUNK_BYTES)
    }

    /// The same with chunks of another size.
    ///
    /// # Errors
    /// As [`Sealer::new`].
    pub fn with_chunk_bytes(shape: Shape, chunk_bytes: u32) -> Result<Self, Error> {
        shape.check()?;
        let pages = (chunk_bytes.min(MOST_CHUNK_BYTES) / shape.page_bytes).max(1);
        let full = shape.bytes_of(pages);
        let key = ImageKey::generate()?;
        let cipher = key.cipher()?;
        let zstd = Compressor::new(LEVEL).map_err(|_| Error::Machine("zstd cannot start"))?;
        let held = Vec::with_capacity(full);
        Ok(Self { shape, key, cipher, zstd, full, held, number: 0, done: 0, pages: 0 })
    }

    /// The key that opens the chunks.
    #[must_use]
    pub fn key(&self) -> &ImageKey {
        &self.key
    }

    /// Takes the next page; a chunk when one is full.
    ///
    /// # Errors
    /// A page of another size, or more pages than were announced.
    pub fn page(&mut self, data: &[u8]) -> Result<Option<Sealed>, Error> {
        let page = self.done + self.pages + 1;
        if data.len() != self.shape.bytes_of(1) {
            return Err(Error::Page { page, what: "has another size" });
        }
        if page > self.shape.pages {
            return Err(Error::Page { page, what: "is one more than announced" });
        }
        let used = data.len() - usize::try_from(RESERVED_BYTES).unwrap_or(0);
        self.held.extend_from_slice(data.get(..used).unwrap_or_default());
        // What stands there belongs to the cipher of the file that the page comes from; noise does not compress.
        self.held.resize(self.shape.bytes_of(self.pages + 1), 0);
        self.pages += 1;
        if self.held.len() < self.full { Ok(None) } else { self.seal().map(Some) }
    }

    /// The last chunk, if pages are left over.
    ///
    /// # Errors
    /// When fewer pages came than were announced.
    pub fn finish(&mut self) -> Result<Option<Sealed>, Error> {
        let page = self.done + self.pages;
        if page != self.shape.pages {
            return Err(Error::Page { page: page + 1, what: "was announced and did not come" });
        }
        if self.pages == 0 { Ok(None) } else { self.seal().map(Some) }
    }

    fn seal(&mut self) -> Result<Sealed, Error> {
        let mut bytes = self.zstd.compress(&self.held).map_err(|_| Error::Machine("zstd cannot compress"))?;
        let (number, first_page, pages) = (self.number, self.done + 1, self.pages);
        let place = self.shape.place(number, first_page, pages);
        self.cipher
            .seal_in_place_append_tag(nonce(number), place, &mut bytes)
            .map_err(|_| Error::Machine("AES-GCM cannot seal"))?;
        self.held.clear();
        self.number += 1;
        self.done += pages;
        self.pages = 0;
        Ok(Sealed { number, first_page, pages, sha256: sha256(&bytes), bytes })
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer")
            .field("shape", &self.shape)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}
