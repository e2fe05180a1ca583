//! The server's own key: seals what rests in the database and signs what it hands out.

use std::io::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures::future::{BoxFuture, FutureExt as _, ready};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::{hkdf, hmac};
use uuid::Uuid;
use wattle_domain::ClinicId;
use wattle_protocol::ErrorCode;
use zeroize::Zeroizing;

use super::{Kms, KmsError};
use crate::error::ApiError;
use crate::secret;

/// What the key of each use is derived for.
const IMAGES: &[u8] = b"wattle image keys 1";
const WRAPPED: &[u8] = b"wattle wrapped keys 1";

/// 32 random bytes, the same on every node of a server. Never printed.
#[derive(Clone)]
pub struct ServerKey([u8; 32]);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file.
    #[error("the server's key: {0}")]
    Io(#[from] std::io::Error),
    /// Not 64 hex digits.
    #[error("the server's key must be 64 hex digits, nothing else")]
    Malformed,
    /// No randomness.
    #[error("the machine has no randomness")]
    Machine,
}

impl ServerKey {
    /// From 64 hex digits.
    ///
    /// # Errors
    /// When it is something else.
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err(KeyError::Malformed);
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| KeyError::Malformed)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| KeyError::Malformed)?;
        }
        Ok(Self(bytes))
    }

    /// From a file of 64 hex digits.
    ///
    /// # Errors
    /// When it cannot be read or is something else.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        Self::from_hex(&std::fs::read_to_string(path)?)
    }

    /// The same; a new one is made when there is no such file.
    ///
    /// # Errors
    /// As [`ServerKey::read`], or when it cannot be written.
    pub fn read_or_make(path: &Path) -> Result<Self, KeyError> {
        match Self::read(path) {
            Err(KeyError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => {}
            other => return other,
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let bytes = secret::random::<32>().map_err(|_| KeyError::Machine)?;
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        // Whole or not at all, and never over one that somebody else has made just now.
        let part = path.with_extension(format!("{}.part", Uuid::new_v4().simple()));
        let mut file = private_file(&part)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        let linked = std::fs::hard_link(&part, path);
        std::fs::remove_file(&part)?;
        match linked {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error.into()),
            _ => Self::read(path),
        }
    }

    /// Seals the key of an image for the database.
    pub(crate) fn seal(&self, clinic: ClinicId, image: Uuid, key: &str) -> Result<Vec<u8>, ApiError> {
        let bytes = STANDARD.decode(key).map_err(|_| fault("an image's key"))?;
        self.seal_for(IMAGES, &place(clinic, image), &bytes)
    }

    fn seal_for(&self, purpose: &[u8], bound: &[u8], plain: &[u8]) -> Result<Vec<u8>, ApiError> {
        let mut bytes = plain.to_vec();
        let nonce = secret::random::<NONCE_LEN>()?;
        self.cipher(purpose)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound), &mut bytes)
            .map_err(|_| fault("sealing"))?;
        Ok([nonce.as_slice(), &bytes].concat())
    }

    fn open_for(&self, purpose: &[u8], bound: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, ApiError> {
        let (nonce, bytes) = sealed.split_first_chunk::<NONCE_LEN>().ok_or_else(|| fault("sealed key"))?;
        let mut bytes = Zeroizing::new(bytes.to_vec());
        let length = self
            .cipher(purpose)?
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(bound), &mut bytes)
            .map_err(|_| fault("a key was sealed under another server key"))?
            .len();
        bytes.truncate(length);
        Ok(bytes)
    }

    /// Opens what [`ServerKey::seal`] sealed.
    pub(crate) fn open(&self, clinic: ClinicId, image: Uuid, sealed: &[u8]) -> Result<String, ApiError> {
        Ok(STANDARD.encode(self.open_for(IMAGES, &place(clinic, image), sealed)?))
    }

    /// What the database believes a session of `wattle_app` with, once it has been told so.
    pub(crate) fn pass(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.derive(b"wattle database pass 1"))
    }

    /// What signs URLs of blobs that this server serves itself.
    pub(crate) fn signer(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.derive(b"wattle blob urls 1"))
    }

    fn cipher(&self, purpose: &[u8]) -> Result<LessSafeKey, ApiError> {
        let key = UnboundKey::new(&AES_256_GCM, &self.derive(purpose));
        Ok(LessSafeKey::new(key.map_err(|_| fault("AES-256-GCM"))?))
    }

    fn derive(&self, purpose: &[u8]) -> [u8; 32] {
        let mut bytes = [0; 32];
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"wattle server key").extract(&self.0);
        let info = [purpose];
        // 32 bytes are always to be had of it.
        let filled = prk.expand(&info, hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut bytes));
        debug_assert!(filled.is_ok(), "HKDF gives 32 bytes");
        bytes
    }
}

impl Kms for ServerKey {
    fn key_name(&self) -> String {
        let mark = self.derive(b"wattle server key name 1");
        let hex: String = mark.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("file:{hex}")
    }

    fn wrap<'a>(&'a self, context: &'a [u8], plain: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, KmsError>> {
        let failed = |error: ApiError| KmsError::Failed {
            key: self.key_name(),
            code: error.cause.unwrap_or_default(),
        };
        ready(self.seal_for(WRAPPED, context, plain).map_err(failed)).boxed()
    }

    fn unwrap<'a>(
        &'a self,
        _: &'a str,
        context: &'a [u8],
        wrapped: &'a [u8],
    ) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, KmsError>> {
        let opened = self.open_for(WRAPPED, context, wrapped);
        ready(opened.map_err(|_| KmsError::Wrong(self.key_name()))).boxed()
    }
}

impl std::fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerKey(…)")
    }
}

fn place(clinic: ClinicId, image: Uuid) -> Vec<u8> {
    [clinic.0.as_bytes().as_slice(), image.as_bytes()].concat()
}

fn fault(what: &'static str) -> ApiError {
    ApiError::because(ErrorCode::Internal, what)
}

#[cfg(unix)]
fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::File::options().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    std::fs::File::options().write(true).create_new(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_images_key_opens_for_its_image_under_its_servers_key_only() {
        let (ours, other) = (ServerKey([1; 32]), ServerKey([2; 32]));
        let (clinic, image) = (ClinicId(Uuid::new_v4()), Uuid::new_v4());
        let key = STANDARD.encode([7; 32]);
        let sealed = ours.seal(clinic, image, &key).unwrap();
        assert_eq!(ours.open(clinic, image, &sealed).unwrap(), key);
        assert!(!sealed.windows(32).any(|w| w == [7; 32]), "it rests sealed");
        assert!(other.open(clinic, image, &sealed).is_err());
        assert!(ours.open(clinic, Uuid::new_v4(), &sealed).is_err());
        assert!(ours.open(ClinicId(Uuid::new_v4()), image, &sealed).is_err());
        assert!(ours.open(clinic, image, &sealed[1..]).is_err());
        assert!(ours.open(clinic, image, &[]).is_err());
    }

    #[tokio::test]
    async fn a_wrapped_key_opens_in_its_context_only() {
        let (ours, other) = (ServerKey([1; 32]), ServerKey([2; 32]));
        let wrapped = ours.wrap(b"here", &[7; 32]).await.unwrap();
        let name = ours.key_name();
        assert_eq!(ours.unwrap(&name, b"here", &wrapped).await.unwrap().as_slice(), [7; 32]);
        assert!(!wrapped.windows(32).any(|w| w == [7; 32]));
        assert_eq!(ours.unwrap(&name, b"there", &wrapped).await.unwrap_err(), KmsError::Wrong(name.clone()));
        assert!(other.unwrap(&name, b"here", &wrapped).await.is_err());
        assert_ne!(ours.key_name(), other.key_name());
    }

    #[test]
    fn a_key_is_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/server.key");
        let made = ServerKey::read_or_make(&path).unwrap();
        assert_eq!(ServerKey::read_or_make(&path).unwrap().0, made.0);
        assert_eq!(ServerKey::read(&path).unwrap().0, made.0);
        assert_ne!(made.0, [0; 32]);
        std::fs::write(&path, "too short").unwrap();
        assert!(matches!(ServerKey::read_or_make(&path), Err(KeyError::Malformed)), "and never replaced");
    }
}
