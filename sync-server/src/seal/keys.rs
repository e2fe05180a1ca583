//! The keys of one clinic's sealed columns.

use std::collections::BTreeMap;

use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use ring::hmac;
use zeroize::Zeroizing;

use crate::kms::KmsError;

/// Bytes of a data key.
const DATA: usize = 32;
/// Bytes of what the KMS wraps: a data key, then the key of the hashes beside matched columns.
pub(crate) const SECRET: usize = DATA + 32;

/// Every generation of a clinic's data key, and the one key of its hashes: it stays over rotations, because two values are
/// compared by their hashes alone. What is unwrapped is wiped as soon as ring has made its keys of it; those are in memory
/// for as long as the process serves the clinic.
pub(crate) struct ClinicKeys {
    newest: i32,
    data: BTreeMap<i32, LessSafeKey>,
    matching: hmac::Key,
}

impl std::fmt::Debug for ClinicKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClinicKeys").field("newest", &self.newest).finish_non_exhaustive()
    }
}

impl ClinicKeys {
    /// From unwrapped secrets by generation; `None` when there is none.
    ///
    /// # Errors
    /// When one is no such secret, or the hashes' keys of two differ.
    pub fn of(secrets: &BTreeMap<i32, Zeroizing<Vec<u8>>>) -> Result<Option<Self>, KmsError> {
        let wrong = || KmsError::Wrong("a column key".to_owned());
        let Some((newest, secret)) = secrets.last_key_value() else { return Ok(None) };
        let (_, matching) = secret.split_at_checked(DATA).ok_or_else(wrong)?;
        let mut data = BTreeMap::new();
        for (generation, secret) in secrets {
            let (key, of_hashes) = secret.split_at_checked(DATA).ok_or_else(wrong)?;
            if secret.len() != SECRET || of_hashes != matching {
                return Err(wrong());
            }
            let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| wrong())?;
            data.insert(*generation, LessSafeKey::new(key));
        }
        Ok(Some(Self { newest: *newest, data, matching: hmac::Key::new(hmac::HMAC_SHA256, matching) }))
    }

    /// The generation that seals.
    pub fn newest(&self) -> i32 {
        self.newest
    }

    pub fn data(&self, generation: i32) -> Option<&LessSafeKey> {
        self.data.get(&generation)
    }

    /// What fm-migrate keeps its hashes under, hexadecimal. No mark is ever made of these words: those name a column.
    pub fn map_key(&self) -> Zeroizing<String> {
        let derived = hmac::sign(&self.matching, b"the key of the map of a migration");
        Zeroizing::new(derived.as_ref().iter().map(|b| format!("{b:02x}")).collect())
    }

    /// The hash by which equal values of a column are found.
    pub fn mark(&self, table: &str, column: &str, value: &str) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.matching);
        for part in [table, ".", column, "\0", value] {
            context.update(part.as_bytes());
        }
        context.sign().as_ref().to_vec()
    }
}
