//! Documents' bytes between real parts: PostgreSQL, the server's process, its folder of blobs or a real S3 server, the
//! transport that workstations use.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

mod audit;
mod clinic;
mod imported;
mod jobs;
mod s3;
mod urls;
