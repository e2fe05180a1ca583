//! What can be wrong with an image. Names chunks and pages, never what is in them.

/// Why an image or a chunk of it is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A chunk is refused. Nothing of it was handed out; fetch it again.
    #[error("chunk {number} is refused: {flaw}")]
    Chunk {
        /// Which, from 0.
        number: u32,
        /// Why.
        flaw: Flaw,
    },
    /// The offer itself cannot be right.
    #[error("the image is not usable: {0}")]
    Image(&'static str),
    /// The pages handed to the writer are not those it was told of.
    #[error("page {page}: {what}")]
    Page {
        /// Which, from 1.
        page: u32,
        /// What is wrong.
        what: &'static str,
    },
    /// The machine has no randomness, or zstd no memory.
    #[error("the machine failed: {0}")]
    Machine(&'static str),
}

/// What is wrong with a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The image has no chunk of this number.
    #[error("the image has no such chunk")]
    Unknown,
    /// Shorter or longer than it was announced.
    #[error("it is not as long as announced")]
    Length,
    /// Its bytes are not those that were announced.
    #[error("its SHA-256 is not the announced one")]
    Hash,
    /// Not sealed under this key for this place of this image.
    #[error("it was not sealed for this place of this image")]
    Seal,
    /// It was sealed, but does not hold its pages.
    #[error("it does not hold the pages it should")]
    Content,
}

impl Error {
    pub(crate) fn chunk(number: u32, flaw: Flaw) -> Self {
        Self::Chunk { number, flaw }
    }
}
