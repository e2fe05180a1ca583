//! Small facts sealed under a file's data key: what a person's next sign-in needs and nobody else may read or change.

use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::{KeyError, cipher};
use crate::data_key::DataKey;

const PURPOSE: &[u8] = b"wattle sealed facts v1";
const NONCE_BYTES: usize = 12;

/// Seals facts, bound to `place` (say, whose they are), so that they cannot be passed off as another's.
///
/// # Errors
/// When they cannot be written as JSON, or the system gives no random bytes.
pub fn seal_facts<T: Serialize>(key: &DataKey, place: &str, facts: &T) -> Result<Vec<u8>, KeyError> {
    let plain = Zeroizing::new(serde_json::to_vec(facts).map_err(|_| KeyError::Malformed)?);
    let made = cipher::seal(&cipher::derive(&[key.bytes()], PURPOSE), place.as_bytes(), &plain)?;
    let mut whole = made.nonce.to_vec();
    whole.extend(made.sealed);
    Ok(whole)
}

/// Opens what [`seal_facts`] sealed.
///
/// # Errors
/// [`KeyError::Malformed`] when the key, the place or a bit is another.
pub fn open_facts<T: DeserializeOwned>(key: &DataKey, place: &str, whole: &[u8]) -> Result<T, KeyError> {
    let (nonce, sealed) = whole.split_at_checked(NONCE_BYTES).ok_or(KeyError::Malformed)?;
    let plain = cipher::open(&cipher::derive(&[key.bytes()], PURPOSE), place.as_bytes(), nonce, sealed)
        .ok_or(KeyError::Malformed)?;
    serde_json::from_slice(&plain).map_err(|_| KeyError::Malformed)
}
