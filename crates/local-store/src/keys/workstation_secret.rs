//! What the operating system's keyring keeps for a workstation.

use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::{KeyError, cipher};

/// 256 random bits that live in the keyring and nowhere else: with the password they open a slot, so that neither the
/// disk nor the password alone opens anything.
#[derive(Clone)]
pub struct WorkstationSecret(Zeroizing<[u8; 32]>);

impl WorkstationSecret {
    /// A new one.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn generate() -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        SystemRandom::new().fill(bytes.as_mut_slice()).map_err(|_| KeyError::NoRandomness)?;
        Ok(Self(bytes))
    }

    /// One that the keyring gave back.
    ///
    /// # Errors
    /// When it is not 32 bytes long.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| KeyError::Malformed)?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// Its bytes, for the keyring.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What the server may know of it, to recognise the workstation: hex of 32 bytes derived from the secret. It opens no
    /// slot, so that a server that keeps it, or loses it, weakens no file.
    #[must_use]
    pub fn proof(&self) -> String {
        let proof = cipher::derive(&[self.bytes().as_slice()], b"wattle workstation proof v1");
        proof.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Enough to tell a wrong secret from a wrong password; says nothing about either.
    pub(super) fn mark(&self) -> [u8; 8] {
        let derived = cipher::derive(&[self.bytes().as_slice()], b"wattle workstation mark v1");
        let mut mark = [0; 8];
        for (to, from) in mark.iter_mut().zip(derived.iter()) {
            *to = *from;
        }
        mark
    }
}

impl std::fmt::Debug for WorkstationSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WorkstationSecret(…)")
    }
}
