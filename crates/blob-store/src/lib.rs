//! Blobs in a folder, in S3 or in Google Cloud Storage, and URLs to them that end after a while.
//!
//! Owns: the only use of `object_store`; where blobs are, how they are named, how a URL to one is signed by its store; the
//! clouds' credentials, also for requests to their other services ([`cloud`]).
//! Must never: know what is in a blob (whoever puts it has sealed it), log a signed URL.
//! Called by: `image-builder` (puts), `sync-server` (hands out URLs, serves the folder, removes; asks the KMS).

mod blobs;
pub mod cloud;
mod connector;
mod error;
mod file;
mod place;

pub use blobs::{Blobs, Read};
pub use error::Error;
