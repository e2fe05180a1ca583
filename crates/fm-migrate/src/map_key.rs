//! The key of the map: what the map says of a row's content is a keyed hash, so that nobody who reads a dump of the database
//! can try out what a sealed row may say.
//!
//! `wattle-server keys map` derives the key from the clinic's own and writes it into a file. It opens nothing.

use std::path::Path;

use ring::hmac;
use zeroize::Zeroizing;

use crate::error::Error;

/// Bytes of the key; the file holds twice as many hexadecimal digits.
const KEY_BYTES: usize = 32;
/// Bytes of a hash that are kept.
const HASH_BYTES: usize = 16;
/// Bytes that tell one key from another.
const NAME_BYTES: usize = 4;

/// A clinic's key of the map.
#[derive(Clone)]
pub struct MapKey {
    key: hmac::Key,
    prefix: String,
}

impl std::fmt::Debug for MapKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MapKey").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl MapKey {
    /// From its hexadecimal digits; `None` when they are no key.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() != 2 * KEY_BYTES || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let digits = (0..KEY_BYTES).map(|i| text.get(2 * i..2 * i + 2));
        let bytes: Option<Vec<u8>> = digits.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect();
        let bytes = Zeroizing::new(bytes?);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
        let prefix = format!("k{}:", hex(hmac::sign(&key, b"name").as_ref(), NAME_BYTES));
        Some(Self { key, prefix })
    }

    /// Reads the file that `wattle-server keys map` has written.
    ///
    /// # Errors
    /// [`Error::Refused`] when it cannot be read or holds no key.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let told = |why: &str| Error::Refused(format!("{}: {why}", path.display()));
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|e| told(&e.to_string()))?);
        Self::from_hex(&text).ok_or_else(|| told("this is no key of `wattle-server keys map`"))
    }

    /// How every hash under this key begins: `k`, eight digits of the key's name, a colon.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What the map keeps for a plain hash. Of the plain hash and not of the row, so that a map of before can be brought under
    /// the key without the rows.
    #[must_use]
    pub fn keyed(&self, plain: &str) -> String {
        format!("{}{}", self.prefix, hex(hmac::sign(&self.key, plain.as_bytes()).as_ref(), HASH_BYTES))
    }
}

fn hex(bytes: &[u8], most: usize) -> String {
    bytes.iter().take(most).map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_told_from_another_and_from_what_is_none() {
        let (one, other) = ("5a".repeat(32), "5b".repeat(32));
        let key = MapKey::from_hex(&format!(" {one}\n")).unwrap();
        let keyed = key.keyed("0123456789abcdef0123456789abcdef");
        assert!(keyed.starts_with(key.prefix()) && keyed.len() == 10 + 32, "{keyed}");
        assert_eq!(MapKey::from_hex(&one.to_uppercase()).unwrap().keyed("x"), key.keyed("x"));
        let other = MapKey::from_hex(&other).unwrap();
        assert_ne!((other.prefix(), other.keyed("x")), (key.prefix(), key.keyed("x")));
        for wrong in ["", "5a", &"5".repeat(63), &"5z".repeat(32), &one.repeat(2)] {
            assert!(MapKey::from_hex(wrong).is_none(), "{wrong}");
        }
        assert!(!format!("{key:?}").contains("5a5a"));
    }
}
