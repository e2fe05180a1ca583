//! Keys under a key that rests elsewhere: what the database keeps is worth nothing without it.
//!
//! Owns: the trait, and the key file of a server that runs on one machine. Must never: log a key.
//! Called by: `escrow`, `image`.

mod server_key;

use std::fmt::Debug;

use futures::future::BoxFuture;
pub use server_key::{KeyError, ServerKey};
use zeroize::Zeroizing;

use crate::error::ApiError;

/// A key management service: wraps small secrets, each bound to a context that must be the same when it is unwrapped.
pub trait Kms: Debug + Send + Sync {
    /// The name of the key that wraps now; kept beside what it wrapped, for the day of a rotation.
    fn key_name(&self) -> String;

    /// Wraps a secret.
    fn wrap<'a>(&'a self, context: &'a [u8], plain: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, ApiError>>;

    /// Unwraps what [`Kms::wrap`] wrapped; an error when the key or the context is another.
    fn unwrap<'a>(
        &'a self,
        context: &'a [u8],
        wrapped: &'a [u8],
    ) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, ApiError>>;
}
