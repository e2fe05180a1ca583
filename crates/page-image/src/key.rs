//! The key of one image.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use zeroize::Zeroizing;

use crate::error::Error;

/// 32 random bytes that open the chunks of one image. Leaves memory when dropped; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ImageKey(Zeroizing<[u8; 32]>);

impl ImageKey {
    /// A new one. Only a sealer makes keys: a key that sealed two images would use its nonces twice.
    pub(crate) fn generate() -> Result<Self, Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        SystemRandom::new().fill(bytes.as_mut()).map_err(|_| Error::Machine("no randomness"))?;
        Ok(Self(bytes))
    }

    /// One as it travels: base64.
    ///
    /// # Errors
    /// When it is not base64 of 32 bytes.
    pub fn from_base64(text: &str) -> Result<Self, Error> {
        let wrong = Error::Image("its key is not base64 of 32 bytes");
        let bytes = Zeroizing::new(STANDARD.decode(text).map_err(|_| wrong)?);
        let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| wrong)?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// As it travels.
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0.as_ref())
    }

    pub(crate) fn cipher(&self) -> Result<LessSafeKey, Error> {
        let key = UnboundKey::new(&AES_256_GCM, self.0.as_ref());
        Ok(LessSafeKey::new(key.map_err(|_| Error::Machine("no AES-256-GCM"))?))
    }
}

impl std::fmt::Debug for ImageKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ImageKey(…)")
    }
}
