//! An offer that has been looked through: what may be fetched, and how much of it.

use wattle_protocol::image::{ChunkOffer, ImageOffer};

use crate::error::{Error, Flaw};
use crate::key::ImageKey;
use crate::shape::{MOST_CHUNK_BYTES, Shape};

/// What sealing adds at most to pages that zstd could not shrink.
const SLACK_BYTES: u64 = 1 << 16;
const SHA256_HEX: usize = 64;

/// The chunks of an image, each where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub(crate) shape: Shape,
    pub(crate) key: ImageKey,
    pub(crate) chunks: Vec<ChunkOffer>,
}

impl Plan {
    /// Checks an offer: chunks follow each other without gap, cover the file, and none is larger than it may be.
    ///
    /// # Errors
    /// [`Error::Image`], or [`Error::Chunk`] for the first chunk that cannot be.
    pub fn of(offer: &ImageOffer) -> Result<Self, Error> {
        let shape = Shape { image: offer.id, page_bytes: offer.page_bytes, pages: offer.pages };
        shape.check()?;
        let mut next: u32 = 1;
        for (number, chunk) in (0_u32..).zip(&offer.chunks) {
            let wrong = |flaw| Error::chunk(number, flaw);
            let bytes = u64::from(chunk.pages) * u64::from(shape.page_bytes);
            if chunk.first_page != next || chunk.pages == 0 || bytes > u64::from(MOST_CHUNK_BYTES) {
                return Err(wrong(Flaw::Content));
            }
            if chunk.bytes == 0 || chunk.bytes > bytes + SLACK_BYTES {
                return Err(wrong(Flaw::Length));
            }
            if chunk.sha256.len() != SHA256_HEX || !chunk.sha256.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Err(wrong(Flaw::Hash));
            }
            next = next.checked_add(chunk.pages).ok_or(wrong(Flaw::Content))?;
        }
        if next != shape.pages + 1 {
            return Err(Error::Image("its chunks do not cover its pages"));
        }
        Ok(Self { shape, key: ImageKey::from_base64(&offer.key)?, chunks: offer.chunks.clone() })
    }

    /// The size and identity of the file.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The chunks, in the order of their pages.
    #[must_use]
    pub fn chunks(&self) -> &[ChunkOffer] {
        &self.chunks
    }

    /// Bytes of all chunks as stored.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.bytes).sum()
    }
}
