//! AES-256-GCM and HKDF-SHA256 as everything here uses them.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::KeyError;

/// 32 bytes from some secrets, for one purpose. The secrets are of fixed length, so that joining them is unambiguous.
pub(crate) fn derive(secrets: &[&[u8]], purpose: &[u8]) -> Zeroizing<[u8; 32]> {
    let joined = Zeroizing::new(secrets.concat());
    let mut key = Zeroizing::new([0; 32]);
    // Neither step can fail for 32 bytes of SHA-256; if it ever did, a key of zeros would open nothing that was sealed
    // with a right one, and sealing checks for it.
    let info = [purpose];
    if let Ok(okm) = Salt::new(HKDF_SHA256, b"wattle").extract(&joined).expand(&info, HKDF_SHA256) {
        let _ = okm.fill(key.as_mut_slice());
    }
    key
}

/// A nonce and what was sealed under it, with its tag.
pub(super) struct Sealed {
    pub(super) nonce: [u8; NONCE_LEN],
    pub(super) sealed: Vec<u8>,
}

/// Seals `plain`, bound to `bound`.
pub(super) fn seal(key: &[u8; 32], bound: &[u8], plain: &[u8]) -> Result<Sealed, KeyError> {
    if key == &[0; 32] {
        return Err(KeyError::Malformed);
    }
    let mut nonce = [0; NONCE_LEN];
    SystemRandom::new().fill(&mut nonce).map_err(|_| KeyError::NoRandomness)?;
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).map_err(|_| KeyError::Malformed)?);
    let mut sealed = plain.to_vec();
    cipher
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound), &mut sealed)
        .map_err(|_| KeyError::Malformed)?;
    Ok(Sealed { nonce, sealed })
}

/// Opens what [`seal`] sealed; `None` when the key, the binding or a bit is another.
pub(super) fn open(key: &[u8; 32], bound: &[u8], nonce: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
    let mut buffer = Zeroizing::new(sealed.to_vec());
    let length = cipher.open_in_place(nonce, Aad::from(bound), &mut buffer).ok()?.len();
    buffer.truncate(length);
    Some(buffer)
}
