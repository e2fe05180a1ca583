//! Random secrets and their hashes. Long random secrets need no slow hash; passwords do, see `password.rs`.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use wattle_protocol::ErrorCode;

use crate::error::ApiError;

/// Random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], ApiError> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| ApiError::because(ErrorCode::Internal, "no randomness"))?;
    Ok(bytes)
}

/// A token: 32 random bytes, base64 for headers.
pub(crate) fn token() -> Result<String, ApiError> {
    Ok(URL_SAFE_NO_PAD.encode(random::<32>()?))
}

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

/// Compares two hashes; their secrets are not to be guessed byte by byte from the time it takes.
pub(crate) fn same_hash(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (x, y)| differ | (x ^ y)) == 0
}

/// Standard base64 of a fixed length.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// Letters and digits that are not mistaken for one another when read out over the phone.
const CODE_LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// For so long a code is good.
pub(crate) const CODE_HOURS: i64 = 24;

/// A one-time code for people: `ABCD-EFGH-JKLM`, 60 bits.
pub(crate) fn code() -> Result<String, ApiError> {
    let letters: Vec<char> = random::<12>()?
        .iter()
        .map(|byte| CODE_LETTERS.get(usize::from(byte % 32)).map_or('A', |b| char::from(*b)))
        .collect();
    Ok(letters.chunks(4).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

/// The hash of a code, however it was typed.
pub(crate) fn code_hash(code: &str) -> Vec<u8> {
    let plain: String = code.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    sha256(plain.to_ascii_uppercase().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_however_it_is_typed() {
        let made = code().unwrap();
        assert_eq!(made.len(), 14);
        assert_eq!(code_hash(&made), code_hash(&made.to_lowercase().replace('-', " ")));
        assert_ne!(code_hash(&made), code_hash(&code().unwrap()));
    }

    #[test]
    fn hashes_compare_whole() {
        assert!(same_hash(&sha256(b"a"), &sha256(b"a")));
        assert!(!same_hash(&sha256(b"a"), &sha256(b"b")));
        assert!(!same_hash(&sha256(b"a"), &[]));
    }
}
