//! Who acts at this workstation, and the key they sign with.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};
use wattle_domain::{Role, UserId};
use zeroize::Zeroizing;

use crate::error::Error;

/// A user's Ed25519 key at this workstation. Cheap to clone; never printed.
#[derive(Clone)]
pub struct SigningKey(Arc<Ed25519KeyPair>);

impl SigningKey {
    /// A new key and its private half (PKCS#8), to be kept in the user's key slot.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn generate() -> Result<(Self, Zeroizing<Vec<u8>>), Error> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| Error::Signing)?;
        let private = Zeroizing::new(document.as_ref().to_vec());
        Ok((Self::from_pkcs8(&private)?, private))
    }

    /// The key whose private half was kept.
    ///
    /// # Errors
    /// When the bytes are no such key.
    pub fn from_pkcs8(private: &[u8]) -> Result<Self, Error> {
        Ed25519KeyPair::from_pkcs8(private).map(|pair| Self(Arc::new(pair))).map_err(|_| Error::Signing)
    }

    /// The public half, base64 of 32 bytes.
    #[must_use]
    pub fn public_base64(&self) -> String {
        STANDARD.encode(self.0.public_key().as_ref())
    }

    /// The signature over a text, base64 of 64 bytes.
    #[must_use]
    pub fn sign_base64(&self, text: &str) -> String {
        STANDARD.encode(self.0.sign(text.as_bytes()).as_ref())
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// The person who is signed in.
#[derive(Clone, Debug)]
pub struct Author {
    /// Who.
    pub user: UserId,
    /// As what.
    pub roles: Vec<Role>,
    /// What they sign with.
    pub signing_key: SigningKey,
}
