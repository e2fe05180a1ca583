//! The random key of one file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::{Zeroize, Zeroizing};

use crate::error::Error;
use crate::keys::cipher;

/// 32 random bytes that SQLCipher gets as a raw key. Leaves memory when dropped; never printed.
#[derive(Clone)]
pub struct DataKey {
    bytes: Zeroizing<[u8; 32]>,
    proven: bool,
}

impl DataKey {
    /// A new one.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn generate() -> Result<Self, Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        SystemRandom::new().fill(bytes.as_mut()).map_err(|_| Error::Signing)?;
        Ok(Self { bytes, proven: false })
    }

    /// One that was kept.
    #[must_use]
    pub fn from_bytes(mut bytes: [u8; 32]) -> Self {
        let kept = Zeroizing::new(bytes);
        bytes.zeroize();
        Self { bytes: kept, proven: false }
    }

    /// One that was kept as base64; `None` when it is no key.
    #[must_use]
    pub fn from_base64(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
        <[u8; 32]>::try_from(bytes.as_slice()).ok().map(Self::from_bytes)
    }

    /// The key as base64, for whoever may keep it.
    #[must_use]
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.bytes()))
    }

    /// A number by which the key is known without being told: hex of 8 bytes.
    #[must_use]
    pub fn mark(&self) -> String {
        let derived = cipher::derive(&[self.bytes().as_slice()], b"wattle data key mark v1");
        derived.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Says that this is the file's key for certain (an authenticated key slot of this very file gave it), so that a
    /// file that it does not open is damaged.
    #[must_use]
    pub fn proven(mut self) -> Self {
        self.proven = true;
        self
    }

    /// The bytes, to be wrapped in a key slot.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// 32 bytes derived from the key, for one purpose: what seals files that lie beside this one.
    #[must_use]
    pub fn derived(&self, purpose: &[u8]) -> Zeroizing<[u8; 32]> {
        cipher::derive(&[self.bytes().as_slice()], purpose)
    }

    pub(crate) fn is_proven(&self) -> bool {
        self.proven
    }

    /// `PRAGMA key` for it.
    pub(crate) fn pragma(&self) -> Zeroizing<String> {
        use std::fmt::Write;
        let mut text = Zeroizing::new(String::with_capacity(90));
        text.push_str("PRAGMA key = \"x'");
        for byte in self.bytes.iter() {
            let _ = write!(text, "{byte:02x}");
        }
        text.push_str("'\"");
        text
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(…)")
    }
}
