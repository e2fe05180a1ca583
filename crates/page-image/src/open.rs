//! Sealed chunks in, pages out.

use ring::aead::LessSafeKey;
use wattle_protocol::image::ChunkOffer;
use zstd::bulk::Decompressor;

use crate::error::{Error, Flaw};
use crate::plan::Plan;
use crate::sha256;
use crate::shape::{RESERVED_BYTES, Shape, nonce};

/// Opens the chunks of one image. Holds no chunk.
pub struct Opener {
    shape: Shape,
    chunks: Vec<ChunkOffer>,
    cipher: LessSafeKey,
    zstd: Decompressor<'static>,
}

impl Opener {
    /// An opener for an image.
    ///
    /// # Errors
    /// When zstd cannot start.
    pub fn new(plan: &Plan) -> Result<Self, Error> {
        let zstd = Decompressor::new().map_err(|_| Error::Machine("zstd cannot start"))?;
        Ok(Self { shape: plan.shape, chunks: plan.chunks.clone(), cipher: plan.key.cipher()?, zstd })
    }

    /// The pages of a chunk, from its bytes as stored.
    ///
    /// # Errors
    /// [`Error::Chunk`] when the bytes are not that chunk of that image, whole and unaltered.
    pub fn open(&mut self, number: u32, mut stored: Vec<u8>) -> Result<Pages, Error> {
        let wrong = |flaw| Error::chunk(number, flaw);
        let offer = usize::try_from(number).ok().and_then(|at| self.chunks.get(at));
        let offer = offer.ok_or(wrong(Flaw::Unknown))?;
        if u64::try_from(stored.len()).ok() != Some(offer.bytes) {
            return Err(wrong(Flaw::Length));
        }
        if !offer.sha256.eq_ignore_ascii_case(&sha256(&stored)) {
            return Err(wrong(Flaw::Hash));
        }
        let place = self.shape.place(number, offer.first_page, offer.pages);
        let compressed =
            self.cipher.open_in_place(nonce(number), place, &mut stored).map_err(|_| wrong(Flaw::Seal))?;
        let want = self.shape.bytes_of(offer.pages);
        // One byte more is room to see that there is too much.
        let bytes = self.zstd.decompress(compressed, want + 1).map_err(|_| wrong(Flaw::Content))?;
        if bytes.len() != want {
            return Err(wrong(Flaw::Content));
        }
        let pages = Pages { bytes, page_bytes: self.shape.bytes_of(1), first_page: offer.first_page };
        if number == 0 && !is_first_page(pages.bytes.as_slice(), self.shape) {
            return Err(wrong(Flaw::Content));
        }
        Ok(pages)
    }
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opener").field("shape", &self.shape).finish_non_exhaustive()
    }
}

/// The pages of one chunk.
#[derive(Clone, PartialEq, Eq)]
pub struct Pages {
    bytes: Vec<u8>,
    page_bytes: usize,
    first_page: u32,
}

impl Pages {
    /// Number (from 1) and bytes of each, in order.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &[u8])> {
        (self.first_page..).zip(self.bytes.chunks_exact(self.page_bytes))
    }
}

impl std::fmt::Debug for Pages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pages").field("first_page", &self.first_page).finish_non_exhaustive()
    }
}

/// Whether these bytes begin as an SQLite file of this shape does. Source: sqlite.org/fileformat2.html, "The Database
/// Header".
fn is_first_page(bytes: &[u8], shape: Shape) -> bool {
    let at = |from: usize, len: usize| bytes.get(from..from + len).unwrap_or_default();
    let page_bytes = u16::try_from(shape.page_bytes).unwrap_or(0).to_be_bytes();
    at(0, 16) == b"SQLite format 3\0"
        && at(16, 2) == page_bytes
        && at(20, 1).iter().all(|reserved| u32::from(*reserved) == RESERVED_BYTES)
        && at(28, 4) == shape.pages.to_be_bytes()
}
