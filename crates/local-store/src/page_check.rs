//! Tells a wrong key from a damaged file: a key under which any page authenticates is the right one.
//!
//! SQLCipher 4 ends each page of 4096 bytes with an IV of 16 and an HMAC-SHA512 of 64 over the encrypted bytes, the IV
//! and the page number. The HMAC's key is PBKDF2-HMAC-SHA512 (2 rounds) of the raw key under the file's salt (its first
//! 16 bytes) with every byte XOR 0x3a. Source: sqlcipher src/sqlcipher.c, `sqlcipher_page_hmac`.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::num::NonZeroU32;
use std::path::Path;

use ring::{hmac, pbkdf2};

use crate::data_key::DataKey;

/// SQLCipher 4's page.
pub(crate) const PAGE_BYTES: usize = 4096;
const HMAC_BYTES: usize = 64;
const SALT_BYTES: usize = 16;
/// Pages looked at; damage is rarely so wide, and a wrong key should be told at once.
const LOOKED_AT: u32 = 64;

/// Whether one of the first pages authenticates under this key.
pub(crate) fn some_page_fits(path: &Path, key: &DataKey) -> std::io::Result<bool> {
    let mut file = File::open(path)?;
    let mut salt = [0_u8; SALT_BYTES];
    if file.read_exact(&mut salt).is_err() {
        return Ok(false);
    }
    let hmac_key = hmac_key(key, &salt);
    let mut page = vec![0_u8; PAGE_BYTES];
    for number in 1..=LOOKED_AT {
        let at = u64::from(number - 1) * PAGE_BYTES as u64;
        if file.seek(SeekFrom::Start(at)).is_err() || file.read_exact(&mut page).is_err() {
            return Ok(false);
        }
        // The salt lies in the first page, outside what is authenticated.
        let from = if number == 1 { SALT_BYTES } else { 0 };
        let (Some(covered), Some(tag)) =
            (page.get(from..PAGE_BYTES - HMAC_BYTES), page.get(PAGE_BYTES - HMAC_BYTES..))
        else {
            return Ok(false);
        };
        let message = [covered, &number.to_le_bytes()].concat();
        if hmac::verify(&hmac_key, &message, tag).is_ok() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn hmac_key(key: &DataKey, salt: &[u8; SALT_BYTES]) -> hmac::Key {
    let mut derived = zeroize::Zeroizing::new([0_u8; 32]);
    let salt = salt.map(|byte| byte ^ 0x3a);
    let rounds = NonZeroU32::MIN.saturating_add(1);
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, rounds, &salt, key.bytes(), derived.as_mut());
    hmac::Key::new(hmac::HMAC_SHA512, derived.as_ref())
}
