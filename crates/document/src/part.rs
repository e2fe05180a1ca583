//! From bytes to sealed parts, and back.

use ring::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};
use ring::rand::{SecureRandom as _, SystemRandom};
use uuid::Uuid;

use crate::{DocumentKey, Error};

/// Bytes of the document in each part but the last.
pub const PART_BYTES: u64 = 4 << 20;
/// What sealing adds to a part: its nonce before, its tag behind.
pub const SEAL_BYTES: u64 = 12 + 16;

/// The name of a part in its document's folder.
#[must_use]
pub fn part_name(number: u32) -> String {
    format!("{number:04}")
}

/// A new folder for the parts of one document of a clinic, under a name that nobody guesses.
///
/// # Errors
/// [`Error::Machine`].
pub fn new_folder(clinic: Uuid) -> Result<String, Error> {
    let mut bytes = [0_u8; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::Machine)?;
    let name = bytes.iter().fold(String::new(), |name, byte| format!("{name}{byte:02x}"));
    Ok(format!("{}/{name}", clinic_folder(clinic)))
}

/// Where all documents of a clinic are.
#[must_use]
pub fn clinic_folder(clinic: Uuid) -> String {
    format!("documents/{clinic}")
}

/// The parts of one document of a known size.
pub struct Parts {
    document: Uuid,
    size_bytes: u64,
    cipher: LessSafeKey,
}

impl Parts {
    /// The parts of a document under its key.
    ///
    /// # Errors
    /// [`Error::Key`]; [`Error::Length`] for a document without bytes.
    pub fn new(document: Uuid, size_bytes: u64, key: &DocumentKey) -> Result<Self, Error> {
        if size_bytes == 0 {
            return Err(Error::Length);
        }
        Ok(Self { document, size_bytes, cipher: key.cipher()? })
    }

    /// How many a document of a size has.
    #[must_use]
    pub fn count(size_bytes: u64) -> u32 {
        u32::try_from(size_bytes.div_ceil(PART_BYTES)).unwrap_or(u32::MAX)
    }

    /// Bytes of the document in a part; `None` when there is no such part.
    #[must_use]
    pub fn plain_bytes(size_bytes: u64, number: u32) -> Option<u64> {
        let from = u64::from(number) * PART_BYTES;
        (from < size_bytes).then(|| (size_bytes - from).min(PART_BYTES))
    }

    /// Bytes of a part as it rests; `None` when there is no such part.
    #[must_use]
    pub fn sealed_bytes(size_bytes: u64, number: u32) -> Option<u64> {
        Some(Self::plain_bytes(size_bytes, number)? + SEAL_BYTES)
    }

    /// Seals a part.
    ///
    /// # Errors
    /// [`Error::Length`] when `plain` is not as long as that part; [`Error::Machine`].
    pub fn seal(&self, number: u32, plain: &[u8]) -> Result<Vec<u8>, Error> {
        if Self::plain_bytes(self.size_bytes, number) != u64::try_from(plain.len()).ok() {
            return Err(Error::Length);
        }
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| Error::Machine)?;
        let mut sealed = plain.to_vec();
        self.cipher
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), self.place(number), &mut sealed)
            .map_err(|_| Error::Seal)?;
        sealed.splice(0..0, nonce);
        Ok(sealed)
    }

    /// Opens a part.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Seal`].
    pub fn open(&self, number: u32, mut sealed: Vec<u8>) -> Result<Vec<u8>, Error> {
        if Self::sealed_bytes(self.size_bytes, number) != u64::try_from(sealed.len()).ok() {
            return Err(Error::Length);
        }
        let (nonce, rest) = sealed.split_first_chunk_mut::<NONCE_LEN>().ok_or(Error::Length)?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length =
            self.cipher.open_in_place(nonce, self.place(number), rest).map_err(|_| Error::Seal)?.len();
        sealed.drain(..NONCE_LEN);
        sealed.truncate(length);
        Ok(sealed)
    }

    fn place(&self, number: u32) -> Aad<Vec<u8>> {
        let size = self.size_bytes.to_be_bytes();
        let place =
            [b"wattle document part 1".as_slice(), self.document.as_bytes(), &size, &number.to_be_bytes()];
        Aad::from(place.concat())
    }
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("size_bytes", &self.size_bytes).finish_non_exhaustive()
    }
}
