//! The store as documents use it: reading one whole.

use futures::TryStreamExt as _;
use wattle_blob_store::{Blobs, Error};
use wattle_document::{DocumentKey, Hasher, Parts, mime_of, part_name};
use wattle_protocol::ErrorCode;

use crate::db::document::{Held, Known};
use crate::error::ApiError;
use crate::kms::KeyRing;
use crate::seal::{DOCUMENT_KEY, Sealer};

/// Where documents' bytes are, and what opens their keys: for the command line.
#[derive(Clone)]
pub struct Place {
    /// The blobs.
    pub blobs: Blobs,
    /// The keys that wrap the clinics'; `None` where nothing rests sealed.
    pub kms: Option<KeyRing>,
}

/// A store that does not answer, or says no: to be tried again.
pub(super) fn down(_: Error) -> ApiError {
    ApiError::after(ErrorCode::Unavailable, 10, "object storage does not answer")
}

/// What reading a document's bytes said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bytes {
    /// Size, hash and type are those of the row.
    Right,
    /// They are not.
    Wrong,
    /// A part is not there, or not as long as it must be.
    Incomplete,
}

/// Reads a document whole, a part at a time, and compares it with its row.
pub(super) async fn read(
    blobs: &Blobs,
    key: &DocumentKey,
    known: &Known,
    held: &Held,
) -> Result<Bytes, ApiError> {
    let Ok(parts) = Parts::new(held.document.0, known.size(), key) else { return Ok(Bytes::Wrong) };
    let mut hasher = Hasher::default();
    for number in 0..Parts::count(known.size()) {
        let Some(sealed) = fetch(blobs, &held.folder, known.size(), number).await? else {
            return Ok(Bytes::Incomplete);
        };
        let Ok(plain) = parts.open(number, sealed) else { return Ok(Bytes::Wrong) };
        // Of a longer text the first part may end inside a character.
        let is_sure = known.size() <= wattle_document::PART_BYTES || !known.mime.starts_with("text/");
        if number == 0 && is_sure && mime_of(&plain) != known.mime {
            return Ok(Bytes::Wrong);
        }
        hasher.update(&plain);
    }
    Ok(if hasher.finish() == known.sha256 { Bytes::Right } else { Bytes::Wrong })
}

/// A part as it rests, if it is there and as long as it must be. Longer ones are not read to their end.
async fn fetch(blobs: &Blobs, folder: &str, size: u64, number: u32) -> Result<Option<Vec<u8>>, ApiError> {
    let whole = Parts::sealed_bytes(size, number);
    let mut read = match blobs.read(&format!("{folder}/{}", part_name(number)), 0).await {
        Ok(read) if Some(read.size) == whole => read,
        Ok(_) | Err(Error::NotFound) => return Ok(None),
        Err(error) => return Err(down(error)),
    };
    let mut bytes = Vec::with_capacity(usize::try_from(read.size).unwrap_or(0));
    while let Some(piece) = read.bytes.try_next().await.map_err(down)? {
        bytes.extend_from_slice(&piece);
    }
    Ok((u64::try_from(bytes.len()).ok() == whole).then_some(bytes))
}

impl Held {
    /// The document's key.
    pub(super) fn open(&self, sealer: &Sealer) -> Result<DocumentKey, ApiError> {
        let key = sealer.open_text(DOCUMENT_KEY, self.document.0, &self.key).map_err(sqlx::Error::from)?;
        DocumentKey::from_base64(&key).map_err(|_| ApiError::because(ErrorCode::Internal, "a document's key"))
    }
}
