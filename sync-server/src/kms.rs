//! Keys under a key that rests elsewhere: what the database keeps is worth nothing without it.
//!
//! Owns: the trait; the key file of a server that runs on one machine, AWS KMS, Google Cloud KMS; which of several keys
//! opens what. Must never: log a key, be asked for each push or pull.
//! Called by: `escrow`, `image`, `seal`, `second_factor`.

mod aws;
mod context;
mod error;
mod gcp;
mod ring;
mod server_key;
mod spec;

use std::fmt::Debug;

use futures::future::BoxFuture;
use zeroize::Zeroizing;

pub use aws::AwsKms;
pub use error::KmsError;
pub use gcp::GcpKms;
pub use ring::KeyRing;
pub use server_key::{KeyError, ServerKey};
pub use spec::KmsSpec;

pub(crate) use context::{of_columns, of_file, of_second_factor};

/// A key management service: wraps small secrets (64 bytes at most here), each bound to a context that must be the same
/// when it is unwrapped.
pub trait Kms: Debug + Send + Sync {
    /// The name of the key that wraps now; kept beside what it wrapped, so that it is known what a rotation has still to do.
    fn key_name(&self) -> String;

    /// Whether this service opens what a key of that name wrapped.
    fn opens(&self, key_name: &str) -> bool {
        self.key_name() == key_name
    }

    /// Wraps a secret.
    fn wrap<'a>(&'a self, context: &'a [u8], plain: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, KmsError>>;

    /// Unwraps what [`Kms::wrap`] wrapped under the key of that name; an error when the key or the context is another.
    fn unwrap<'a>(
        &'a self,
        key_name: &'a str,
        context: &'a [u8],
        wrapped: &'a [u8],
    ) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, KmsError>>;
}
