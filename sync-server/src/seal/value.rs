//! The form of a sealed value: `\x01s`, the number of the key, `:`, base64 of nonce, ciphertext and tag. One text, so that
//! a column keeps its type; and it says itself that it is sealed, and under which key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};
use uuid::Uuid;
use wattle_domain::ClinicId;

use crate::secret;

/// How a sealed value begins; `clinic.is_plain()` knows it too.
const MARK: &str = "\u{1}s";

/// Why a value does not open, or could not be sealed. Names the column, never what is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SealError {
    /// This server was given no key.
    #[error("{table}.{column} rests sealed, and this server has no key: give it the server's key or --kms")]
    NoKey { table: &'static str, column: &'static str },
    /// A key of this number is not known here.
    #[error("{table}.{column} rests under key {generation}, which the clinic has not")]
    NoGeneration { table: &'static str, column: &'static str, generation: i32 },
    /// It was changed, or put into another row.
    #[error("{table}.{column} does not open: it was changed, or is of another row")]
    Damaged { table: &'static str, column: &'static str },
    /// No randomness.
    #[error("the machine has no randomness")]
    Machine,
}

impl From<SealError> for sqlx::Error {
    fn from(error: SealError) -> Self {
        Self::Decode(Box::new(error))
    }
}

/// Where a value stands: what it is bound to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub clinic: ClinicId,
    pub table: &'static str,
    pub column: &'static str,
    pub id: Uuid,
}

impl Place {
    fn bytes(&self, generation: i32) -> Vec<u8> {
        let fixed =
            [self.clinic.0.as_bytes().as_slice(), self.id.as_bytes(), &generation.to_be_bytes()].concat();
        [&fixed, self.table.as_bytes(), b".", self.column.as_bytes()].concat()
    }

    pub fn damaged(&self) -> SealError {
        SealError::Damaged { table: self.table, column: self.column }
    }
}

/// Whether a text is a sealed value.
pub(crate) fn is_sealed(text: &str) -> bool {
    text.starts_with(MARK)
}

/// Under which key a sealed value rests; `None` for a plain one, or for what only begins like a sealed one.
pub(crate) fn generation(text: &str) -> Option<i32> {
    text.strip_prefix(MARK)?.split_once(':')?.0.parse().ok()
}

pub(crate) fn seal(
    key: &LessSafeKey,
    generation: i32,
    place: Place,
    plain: &str,
) -> Result<String, SealError> {
    let nonce = secret::random::<NONCE_LEN>().map_err(|_| SealError::Machine)?;
    let mut bytes = plain.as_bytes().to_vec();
    key.seal_in_place_append_tag(
        Nonce::assume_unique_for_key(nonce),
        Aad::from(place.bytes(generation)),
        &mut bytes,
    )
    .map_err(|_| place.damaged())?;
    let mut text = format!("{MARK}{generation}:");
    STANDARD_NO_PAD.encode_string([nonce.as_slice(), &bytes].concat(), &mut text);
    Ok(text)
}

pub(crate) fn open(
    key: &LessSafeKey,
    generation: i32,
    place: Place,
    sealed: &str,
) -> Result<String, SealError> {
    let damaged = || place.damaged();
    let (_, text) = sealed.split_once(':').ok_or_else(damaged)?;
    let mut bytes = STANDARD_NO_PAD.decode(text).map_err(|_| damaged())?;
    let (nonce, rest) = bytes.split_first_chunk_mut::<NONCE_LEN>().ok_or_else(damaged)?;
    let plain = key
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(place.bytes(generation)), rest)
        .map_err(|_| damaged())?;
    String::from_utf8(plain.to_vec()).map_err(|_| damaged())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::aead::{AES_256_GCM, UnboundKey};

    fn key(byte: u8) -> LessSafeKey {
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[byte; 32]).unwrap())
    }

    #[test]
    fn a_value_opens_in_its_place_only() {
        let place = Place {
            clinic: ClinicId(Uuid::from_u128(1)),
            table: "alert",
            column: "text",
            id: Uuid::from_u128(2),
        };
        for plain in ["Anaphylaxis: penicillin", "", "\u{1}s1:not sealed", "naïve ☂"] {
            let sealed = seal(&key(1), 7, place, plain).unwrap();
            assert!(is_sealed(&sealed) && !sealed.contains("penicillin"));
            assert_eq!(generation(&sealed), Some(7));
            assert_ne!(sealed, seal(&key(1), 7, place, plain).unwrap(), "no two are alike");
            assert_eq!(open(&key(1), 7, place, &sealed).unwrap(), plain);
            assert!(open(&key(2), 7, place, &sealed).is_err());
            assert!(open(&key(1), 8, place, &sealed).is_err());
            for elsewhere in [
                Place { clinic: ClinicId(Uuid::from_u128(9)), ..place },
                Place { table: "appointment", ..place },
                Place { column: "note", ..place },
                Place { id: Uuid::from_u128(9), ..place },
            ] {
                assert_eq!(open(&key(1), 7, elsewhere, &sealed), Err(elsewhere.damaged()), "{elsewhere:?}");
            }
            let cut: String = sealed.chars().take(sealed.len() - 2).collect();
            assert!(open(&key(1), 7, place, &cut).is_err());
        }
        assert_eq!(generation("plain"), None);
        assert_eq!(generation("\u{1}sx:"), None);
        assert!(open(&key(1), 7, place, "\u{1}s7:").is_err());
    }
}
