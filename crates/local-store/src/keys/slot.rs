//! A slot: one person's way into one file. AES-256-GCM under HKDF(Argon2id(password, salt) || workstation secret).

use std::io;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use wattle_domain::{ClinicId, UserId, WorkstationId};
use zeroize::Zeroizing;

use super::{Cost, KeyError, SlotError, Stretch, WorkstationSecret, cipher, write_atomic};
use crate::author::SigningKey;
use crate::data_key::DataKey;

const VERSION: u32 = 1;
const PURPOSE: &[u8] = b"wattle key slot v1";

/// Whose slot it is, and of which file. Public, and bound to what is sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The clinic.
    pub clinic: ClinicId,
    /// The workstation.
    pub workstation: WorkstationId,
    /// The profile of the file, for example `ref-front`.
    pub profile: String,
    /// The person.
    pub user: UserId,
}

/// The slot as it rests on disk (JSON).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySlot {
    version: u32,
    /// Whose.
    pub owner: Owner,
    /// Public half of the signing key that is sealed here, base64: known without the password.
    pub public_key: String,
    stretch: Stretch,
    /// Tells a wrong secret from a wrong password.
    secret_mark: String,
    nonce: String,
    sealed: String,
    /// SHA-256 of all the rest: a flipped bit must not look like a wrong password.
    check: String,
}

/// What a slot holds.
#[derive(Clone)]
pub struct SlotKeys {
    /// The key of the file. A slot's seal proves it right: a file that it does not open is damaged.
    pub data_key: DataKey,
    /// The person's signing key at this workstation.
    pub signing_key: SigningKey,
    private: Zeroizing<Vec<u8>>,
}

impl SlotKeys {
    /// A new signing key, beside the key of a file (a new one, or one that is open).
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn new(data_key: DataKey) -> Result<Self, KeyError> {
        let (signing_key, private) = SigningKey::generate()?;
        Ok(Self { data_key, signing_key, private })
    }

    /// The same signing key beside the key of another file.
    #[must_use]
    pub fn with_data_key(self, data_key: DataKey) -> Self {
        Self { data_key, ..self }
    }
}

impl std::fmt::Debug for SlotKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SlotKeys(…)")
    }
}

impl KeySlot {
    /// Seals keys for a person. Takes about a tenth of a second of work on purpose.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn seal(
        owner: Owner,
        password: &str,
        secret: &WorkstationSecret,
        keys: &SlotKeys,
    ) -> Result<Self, SlotError> {
        Self::seal_at(Cost::SLOT, owner, password, secret, keys)
    }

    fn seal_at(
        cost: Cost,
        owner: Owner,
        password: &str,
        secret: &WorkstationSecret,
        keys: &SlotKeys,
    ) -> Result<Self, SlotError> {
        let stretch = Stretch::new(cost)?;
        let mut slot = Self {
            version: VERSION,
            owner,
            public_key: keys.signing_key.public_base64(),
            stretch,
            secret_mark: STANDARD.encode(secret.mark()),
            nonce: String::new(),
            sealed: String::new(),
            check: String::new(),
        };
        // The data key has a fixed length; what follows it is the signing key.
        let mut plain = Zeroizing::new(keys.data_key.bytes().to_vec());
        plain.extend_from_slice(&keys.private);
        let key = slot.wrapping_key(password, secret)?;
        let made = cipher::seal(&key, &slot.bound()?, &plain)?;
        slot.nonce = STANDARD.encode(made.nonce);
        slot.sealed = STANDARD.encode(made.sealed);
        slot.check = slot.checksum()?;
        Ok(slot)
    }

    /// Opens it. Changes nothing on disk, whatever happens.
    ///
    /// # Errors
    /// [`SlotError::WrongPassword`] when only the password is wrong; [`SlotError::OtherWorkstation`] when the keyring's
    /// secret is not the one it was sealed with; [`SlotError::Malformed`] when the file is not whole.
    pub fn open(&self, password: &str, secret: &WorkstationSecret) -> Result<SlotKeys, SlotError> {
        if self.version != VERSION || self.check != self.checksum()? {
            return Err(SlotError::Malformed);
        }
        if self.secret_mark != STANDARD.encode(secret.mark()) {
            return Err(SlotError::OtherWorkstation);
        }
        let decode = |text: &str| STANDARD.decode(text).map_err(|_| SlotError::Malformed);
        let (nonce, sealed) = (decode(&self.nonce)?, decode(&self.sealed)?);
        let key = self.wrapping_key(password, secret)?;
        let plain = cipher::open(&key, &self.bound()?, &nonce, &sealed).ok_or(SlotError::WrongPassword)?;
        let (data_key, private) = plain.split_first_chunk::<32>().ok_or(SlotError::Malformed)?;
        Ok(SlotKeys {
            data_key: DataKey::from_bytes(*data_key).proven(),
            signing_key: SigningKey::from_pkcs8(private).map_err(|_| SlotError::Malformed)?,
            private: Zeroizing::new(private.to_vec()),
        })
    }

    /// Reads a slot file.
    ///
    /// # Errors
    /// [`SlotError::Missing`], [`SlotError::Malformed`] or [`SlotError::Io`].
    pub fn read(path: &Path) -> Result<Self, SlotError> {
        let text = std::fs::read(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => SlotError::Missing,
            _ => SlotError::Io(error),
        })?;
        serde_json::from_slice(&text).map_err(|_| SlotError::Malformed)
    }

    /// Writes a slot file: the old one or the new one is there, never a half.
    ///
    /// # Errors
    /// When the disk says no; the old file is then as it was.
    pub fn write(&self, path: &Path) -> Result<(), SlotError> {
        let text = serde_json::to_vec_pretty(self).map_err(|_| SlotError::Malformed)?;
        write_atomic(path, &text).map_err(SlotError::Io)
    }

    fn wrapping_key(
        &self,
        password: &str,
        secret: &WorkstationSecret,
    ) -> Result<Zeroizing<[u8; 32]>, SlotError> {
        let stretched = self.stretch.key(password)?;
        Ok(cipher::derive(&[stretched.as_slice(), secret.bytes()], PURPOSE))
    }

    /// What the seal is bound to: everything that is public and known before sealing.
    fn bound(&self) -> Result<Vec<u8>, SlotError> {
        let public = (self.version, &self.owner, &self.public_key, &self.stretch);
        serde_json::to_vec(&public).map_err(|_| SlotError::Malformed)
    }

    fn checksum(&self) -> Result<String, SlotError> {
        let rest = (&self.secret_mark, &self.nonce, &self.sealed);
        let text = serde_json::to_vec(&(self.bound()?, rest)).map_err(|_| SlotError::Malformed)?;
        Ok(STANDARD.encode(digest(&SHA256, &text)))
    }
}

#[cfg(test)]
mod tests;
