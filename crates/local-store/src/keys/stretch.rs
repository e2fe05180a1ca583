//! From a password to a key that is dear to guess: Argon2id.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{KeyError, SlotError};

/// How dear a guess is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Memory, KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// OWASP's first choice of 2023 for one lane has m = 19 MiB, t = 2; a desk signs in a few times a day, so a slot pays
    /// for 64 MiB and three passes (RFC 9106's second recommended memory, on one lane).
    pub const SLOT: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 };

    /// A slot file from elsewhere must not make the desk run out of memory or time, nor be cheap to guess.
    fn sane(self) -> bool {
        (19 * 1024..=1024 * 1024).contains(&self.memory_kib)
            && (1..=16).contains(&self.passes)
            && (1..=8).contains(&self.lanes)
    }
}

/// How a password was stretched; stored with what it sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// Always `argon2id`, version 0x13.
    algorithm: String,
    /// The price.
    pub cost: Cost,
    /// 16 random bytes, base64.
    salt: String,
}

impl Stretch {
    /// With a new salt.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn new(cost: Cost) -> Result<Self, KeyError> {
        let mut salt = [0; 16];
        SystemRandom::new().fill(&mut salt).map_err(|_| KeyError::NoRandomness)?;
        Ok(Self { algorithm: "argon2id".into(), cost, salt: STANDARD.encode(salt) })
    }

    /// The stretched password: 32 bytes.
    ///
    /// # Errors
    /// [`SlotError::Malformed`] when the parameters are not ones we would have written.
    pub fn key(&self, password: &str) -> Result<Zeroizing<[u8; 32]>, SlotError> {
        let salt = STANDARD.decode(&self.salt).map_err(|_| SlotError::Malformed)?;
        if self.algorithm != "argon2id" || salt.len() != 16 || !self.cost.sane() {
            return Err(SlotError::Malformed);
        }
        let Cost { memory_kib, passes, lanes } = self.cost;
        let params = Params::new(memory_kib, passes, lanes, Some(32)).map_err(|_| SlotError::Malformed)?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(password.as_bytes(), &salt, key.as_mut_slice())
            .map_err(|_| SlotError::Malformed)?;
        Ok(key)
    }
}
