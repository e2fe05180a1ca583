//! A headless workstation that publishes images: the same store, fed by the same pulls, whose closed file becomes chunks in
//! object storage.
//!
//! Owns: one build from order to offer. Must never: keep a file or a key after a build, write a page in the clear anywhere,
//! decide when to build (the server does).
//!
//! Called by: the binary `wattle-image-builder`, which the server starts; tests.

mod build;
mod error;
mod publish;
mod pull;

pub use build::build;
pub use error::Error;
pub use wattle_local_store::schema::known_version as schema;
