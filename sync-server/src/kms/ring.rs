//! The keys that a server was told of: one that wraps now, and older ones that still open what they wrapped.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::{Kms, KmsError};

/// One key that wraps, and those that it replaced. Cheap to clone.
#[derive(Clone, Debug)]
pub struct KeyRing {
    now: Arc<dyn Kms>,
    older: Vec<Arc<dyn Kms>>,
}

impl KeyRing {
    /// A ring of one key, and others that open only.
    #[must_use]
    pub fn new(now: Arc<dyn Kms>, older: Vec<Arc<dyn Kms>>) -> Self {
        Self { now, older }
    }

    /// The name of the key that wraps.
    #[must_use]
    pub fn key_name(&self) -> String {
        self.now.key_name()
    }

    /// Wraps a secret under the present key.
    ///
    /// # Errors
    /// See [`KmsError`].
    pub async fn wrap(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, KmsError> {
        self.now.wrap(context, plain).await
    }

    /// Unwraps what the key of that name wrapped.
    ///
    /// # Errors
    /// See [`KmsError`].
    pub async fn unwrap(
        &self,
        key_name: &str,
        context: &[u8],
        wrapped: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KmsError> {
        let all = std::iter::once(&self.now).chain(&self.older);
        let Some(kms) = all.into_iter().find(|kms| kms.opens(key_name)) else {
            return Err(KmsError::Unknown(key_name.to_owned()));
        };
        kms.unwrap(key_name, context, wrapped).await
    }
}
