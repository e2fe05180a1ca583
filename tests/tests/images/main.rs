//! First syncs by pages between real parts: PostgreSQL, the server's process, the builder it starts, a folder of blobs,
//! encrypted files, a wire that can be cut.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod access;
mod arrives;
mod bad_chunks;
mod canary;
mod corner;
mod cuts;
mod rebuilt;
mod s3;
mod urls;
