//! The bytes of documents on this computer, sealed: those that the server has not confirmed (`up`), copies of those that it
//! has (`kept`, within a limit), and scans that nobody has filed yet (`scans`).
//!
//! Owns: their files. Must never: let go of bytes in `up` that a row speaks of, write a byte in the clear, or be behind a row: a file is whole and
//! on the disk before the command that speaks of it is saved, so whatever is cut off, a row's bytes are here or at the server.
//! Called by: `workstation/documents`, `workstation/scans`.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use wattle_document::{DocumentKey, PART_BYTES, Parts, SEAL_BYTES};
use wattle_domain::DocumentId;
use wattle_local_store::DataKey;

use crate::error::Error;
use crate::folder::make_private;

/// Where a document's bytes lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lies {
    /// To be sent, or not confirmed yet. Stays until it is.
    Up,
    /// A copy of what the server has.
    Kept,
    /// Of no patient yet.
    Unfiled,
}

/// The files of one profile. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Shelf {
    root: PathBuf,
    key: DataKey,
}

impl Shelf {
    /// The files in a folder, which is made when something is put there first.
    pub(crate) fn new(root: PathBuf, key: DataKey) -> Self {
        Self { root, key }
    }

    /// Puts a document's bytes down, whole and on the disk when this returns.
    pub(crate) fn put(&self, lies: Lies, id: DocumentId, bytes: &[u8]) -> Result<(), Error> {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let parts = self.parts(id, size)?;
        let folder = self.folder(lies);
        make_private(&folder)?;
        // Of one name: what a crash left of an earlier try is written over.
        let unfinished = folder.join(format!("{id}.part"));
        let mut file = File::create(&unfinished)?;
        let chunk = usize::try_from(PART_BYTES).unwrap_or(usize::MAX);
        for (number, plain) in (0_u32..).zip(bytes.chunks(chunk)) {
            file.write_all(&parts.seal(number, plain).map_err(broken)?)?;
        }
        file.sync_all()?;
        fs::rename(&unfinished, self.path(lies, id))?;
        sync_folder(&folder)
    }

    /// Where a document's bytes lie, if they are here. A scan that nobody has filed is no document.
    pub(crate) fn lies(&self, id: DocumentId) -> Option<Lies> {
        [Lies::Up, Lies::Kept].into_iter().find(|lies| self.path(*lies, id).exists())
    }

    /// A part of a document in `up`; `None` when the file is not there or does not open.
    pub(crate) fn part(&self, id: DocumentId, size: u64, number: u32) -> Result<Option<Vec<u8>>, Error> {
        self.read_part(Lies::Up, id, size, number)
    }

    /// All bytes of a document; `None` when the file is not there or does not open.
    pub(crate) fn read(&self, id: DocumentId, size: u64) -> Result<Option<Vec<u8>>, Error> {
        let Some(lies) = self.lies(id) else { return Ok(None) };
        self.read_at(lies, id, size)
    }

    /// The bytes of a scan, filed or not; `None` as for a document.
    pub(crate) fn read_scan(&self, id: DocumentId, size: u64) -> Result<Option<Vec<u8>>, Error> {
        self.read_at(self.lies(id).unwrap_or(Lies::Unfiled), id, size)
    }

    fn read_at(&self, lies: Lies, id: DocumentId, size: u64) -> Result<Option<Vec<u8>>, Error> {
        let mut bytes = Vec::new();
        for number in 0..Parts::count(size) {
            match self.read_part(lies, id, size, number)? {
                Some(part) => bytes.extend_from_slice(&part),
                None => return Ok(None),
            }
        }
        if lies == Lies::Kept {
            // What was looked at last goes last.
            let touched = File::options().write(true).open(self.path(lies, id));
            let _ = touched.and_then(|file| file.set_modified(SystemTime::now()));
        }
        Ok(Some(bytes))
    }

    /// The server has confirmed a document: from now on its bytes here are a copy.
    pub(crate) fn confirmed(&self, id: DocumentId) -> Result<(), Error> {
        self.carry_over(id, Lies::Up, Lies::Kept)
    }

    /// Whether the bytes of a scan are here, filed or not.
    pub(crate) fn has_scan(&self, id: DocumentId) -> bool {
        self.lies(id).is_some() || self.path(Lies::Unfiled, id).exists()
    }

    /// A scan becomes a document: its command is about to be saved. The bytes are not sealed anew, they only get another place.
    pub(crate) fn file_scan(&self, id: DocumentId) -> Result<(), Error> {
        self.carry_over(id, Lies::Unfiled, Lies::Up)
    }

    /// Its command was refused before it was saved: it waits for another try.
    pub(crate) fn unfile_scan(&self, id: DocumentId) -> Result<(), Error> {
        self.carry_over(id, Lies::Up, Lies::Unfiled)
    }

    /// Lets go of bytes whose command was refused before it was saved.
    pub(crate) fn forget_unsent(&self, id: DocumentId) -> Result<(), Error> {
        match fs::remove_file(self.path(Lies::Up, id)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// A copy becomes the one that there is: the server has lost it.
    pub(crate) fn send_again(&self, id: DocumentId) -> Result<(), Error> {
        self.carry_over(id, Lies::Kept, Lies::Up)
    }

    /// Every document in `up`.
    pub(crate) fn to_send(&self) -> Vec<DocumentId> {
        let mut ids: Vec<DocumentId> =
            listed(&self.folder(Lies::Up)).into_iter().map(|file| file.id).collect();
        // In the order in which they came: ids grow with time.
        ids.sort();
        ids
    }

    /// Lets go of copies until they take no more than `most_bytes`: first those that nobody looked at for longest, and those
    /// of `wanted` last of all.
    pub(crate) fn trim(&self, most_bytes: u64, wanted: &BTreeSet<DocumentId>) -> Result<(), Error> {
        let mut copies = listed(&self.folder(Lies::Kept));
        let mut all: u64 = copies.iter().map(|file| file.bytes).sum();
        copies.sort_by_key(|file| (wanted.contains(&file.id), file.touched));
        for file in copies {
            if all <= most_bytes {
                break;
            }
            fs::remove_file(self.path(Lies::Kept, file.id))?;
            all -= file.bytes;
        }
        Ok(())
    }

    /// A file that is not there has been carried over already.
    fn carry_over(&self, id: DocumentId, from: Lies, to: Lies) -> Result<(), Error> {
        make_private(&self.folder(to))?;
        match fs::rename(self.path(from, id), self.path(to, id)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => sync_folder(&self.folder(to)),
        }
    }

    fn read_part(
        &self,
        lies: Lies,
        id: DocumentId,
        size: u64,
        number: u32,
    ) -> Result<Option<Vec<u8>>, Error> {
        let mut file = match File::open(self.path(lies, id)) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Some(length) = Parts::sealed_bytes(size, number) else { return Ok(None) };
        file.seek(SeekFrom::Start(u64::from(number) * (PART_BYTES + SEAL_BYTES)))?;
        let mut sealed = Vec::new();
        file.take(length).read_to_end(&mut sealed)?;
        Ok(self.parts(id, size)?.open(number, sealed).ok())
    }

    fn parts(&self, id: DocumentId, size: u64) -> Result<Parts, Error> {
        let purpose = [b"wattle document file 1".as_slice(), id.0.as_bytes()].concat();
        let key = DocumentKey::from_bytes(&self.key.derived(&purpose)).map_err(broken)?;
        Parts::new(id.0, size, &key).map_err(broken)
    }

    fn folder(&self, lies: Lies) -> PathBuf {
        self.root.join(match lies {
            Lies::Up => "up",
            Lies::Kept => "kept",
            Lies::Unfiled => "scans",
        })
    }

    fn path(&self, lies: Lies, id: DocumentId) -> PathBuf {
        self.folder(lies).join(id.to_string())
    }
}

struct Listed {
    id: DocumentId,
    bytes: u64,
    touched: SystemTime,
}

/// The whole files of a folder.
fn listed(folder: &Path) -> Vec<Listed> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let id = entry.file_name().to_str()?.parse().ok()?;
            let about = entry.metadata().ok()?;
            let touched = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            Some(Listed { id: DocumentId(id), bytes: about.len(), touched })
        })
        .collect()
}

/// A name that was given must be there after a power cut.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> Result<(), Error> {
    Ok(())
}

fn broken(_: wattle_document::Error) -> Error {
    Error::Broken
}

#[cfg(test)]
mod tests;
