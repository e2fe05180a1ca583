//! `POST /v1/image`: a first sync by pages. The answer names encrypted chunks in object storage and hands out their key.
//!
//! `404 not_found`: there is no fitting image; pull rows instead.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wattle_domain::{ClinicId, FeedClass, WorkstationId};

use crate::session::Cursors;

/// The request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageAsk {
    /// Schema version of the client's file.
    pub schema: u32,
    /// What the file may hold: its profile.
    pub feeds: Vec<FeedClass>,
    /// The image that some chunks are here of: offered again as long as it is there, though there may be a newer one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<Uuid>,
}

/// An image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageOffer {
    /// Which; a resumed fetch goes on with chunks of the same image only.
    pub id: Uuid,
    /// As asked.
    pub schema: u32,
    /// As asked.
    pub feeds: Vec<FeedClass>,
    /// The epoch the cursors belong to.
    pub epoch: String,
    /// Where a file made of it is.
    pub cursors: Cursors,
    /// Base64 of the 32 bytes that open the chunks (AES-256-GCM).
    pub key: String,
    /// Bytes of one page.
    pub page_bytes: u32,
    /// Pages of the file.
    pub pages: u32,
    /// Rows in it, for people.
    pub rows: u64,
    /// In the order of their pages.
    pub chunks: Vec<ChunkOffer>,
}

/// A chunk: pages of the file, zstd, then sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkOffer {
    /// Its first page, from 1.
    pub first_page: u32,
    /// How many.
    pub pages: u32,
    /// Bytes as stored.
    pub bytes: u64,
    /// SHA-256 of the bytes as stored, hex.
    pub sha256: String,
    /// Where it is, for a few minutes; relative to the server's address when it begins with `/`.
    pub url: String,
}

/// What a server tells the builder that it starts beside itself, as one line of JSON on its standard input. The answer, on
/// the standard output, is an [`ImageOffer`] with empty URLs. Never leaves the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildOrder {
    /// What the image is to be called.
    pub image: Uuid,
    /// An empty folder to work in; the server removes it.
    pub dir: String,
    /// Where the server listens for the builder.
    pub server_url: String,
    /// Good for pulls of these feeds, for the time of a build.
    pub access_token: String,
    /// Whose rows.
    pub clinic: ClinicId,
    /// The workstation that the token is bound to.
    pub workstation: WorkstationId,
    /// The profile.
    pub feeds: Vec<FeedClass>,
    /// The present epoch.
    pub epoch: String,
    /// The place for blobs: a folder, `s3://…` or `gs://…`.
    pub blobs: String,
    /// The folder in it for this image; chunk 7 is `<folder>/0007`.
    pub folder: String,
    /// Bytes of pages in a chunk, before it is compressed.
    pub chunk_bytes: u32,
}
