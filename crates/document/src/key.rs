//! The key of one document.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use zeroize::Zeroizing;

use crate::Error;

/// 32 bytes that open the parts of one document. Leaves memory when dropped; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct DocumentKey(Zeroizing<[u8; 32]>);

impl DocumentKey {
    /// A new one.
    ///
    /// # Errors
    /// [`Error::Machine`].
    pub fn generate() -> Result<Self, Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        SystemRandom::new().fill(bytes.as_mut()).map_err(|_| Error::Machine)?;
        Ok(Self(bytes))
    }

    /// One that was derived or kept.
    ///
    /// # Errors
    /// [`Error::Key`] for zeros, which nobody draws.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, Error> {
        if bytes == &[0; 32] { Err(Error::Key) } else { Ok(Self(Zeroizing::new(*bytes))) }
    }

    /// One as it travels: base64.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub fn from_base64(text: &str) -> Result<Self, Error> {
        let bytes = Zeroizing::new(STANDARD.decode(text).map_err(|_| Error::Key)?);
        let bytes: &[u8; 32] = bytes.as_slice().try_into().map_err(|_| Error::Key)?;
        Self::from_bytes(bytes)
    }

    /// As it travels.
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0.as_ref())
    }

    pub(crate) fn cipher(&self) -> Result<LessSafeKey, Error> {
        Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, self.0.as_ref()).map_err(|_| Error::Key)?))
    }
}

impl std::fmt::Debug for DocumentKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DocumentKey(…)")
    }
}
