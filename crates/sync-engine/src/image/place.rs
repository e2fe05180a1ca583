//! Names beside the file, and how a complete file takes its place.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::folder;

/// What SQLite may keep beside a file.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A complete file, closed and checked, beside the place that it is for.
#[derive(Debug)]
pub struct Ready {
    pub(super) file: PathBuf,
    /// Rows in it, as the image says.
    pub rows: u64,
    /// Bytes of its chunks.
    pub bytes: u64,
}

impl Ready {
    /// Puts it in its place. Blocks. Nobody may have the file open; one that stands there must be untouched
    /// ([`super::is_untouched`]) and is renamed aside. After a crash at any point there is the old file, or the new one, or
    /// none and the chunks still there.
    ///
    /// # Errors
    /// When a file cannot be renamed.
    pub fn put_in_place(self) -> io::Result<()> {
        let incoming = incoming(&self.file);
        let aside = free_name(&self.file);
        // The old file's log first: next to the new file it would be taken for the new one's.
        for companion in COMPANIONS {
            rename_if_there(&beside(&self.file, companion), &beside(&aside, companion))?;
        }
        if self.file.exists() && fs::hard_link(&self.file, &aside).is_err() {
            // No second names on this file system: there is no file for a moment.
            fs::rename(&self.file, &aside)?;
        }
        fs::rename(&incoming, &self.file)?;
        if let Some(folder) = self.file.parent() {
            sync_folder(folder)?;
        }
        if let Err(error) = folder::forget(&self.file) {
            // Only room on the disk: it is tried again when the file is opened the next time.
            tracing::warn!(kind = ?error.kind(), "the chunks of a finished image are still there");
        }
        Ok(())
    }
}

/// Where the pages are written.
pub(super) fn incoming(file: &Path) -> PathBuf {
    beside(file, ".incoming")
}

/// Removes what is left of an import that did not end. It was never opened as a store, and holds only rows of the server.
pub(super) fn clear_incoming(file: &Path) -> io::Result<()> {
    let incoming = incoming(file);
    for path in COMPANIONS.iter().map(|c| beside(&incoming, c)).chain([incoming.clone()]) {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Whether something of SQLite's is left beside a closed file: then it was not closed as it should be.
pub(super) fn has_companions(path: &Path) -> bool {
    COMPANIONS.iter().any(|c| fs::metadata(beside(path, c)).is_ok_and(|m| m.len() > 0))
}

pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Makes names in a folder survive a power cut.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs::File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

fn free_name(file: &Path) -> PathBuf {
    let mut names = (1_u32..).map(|n| beside(file, &format!(".empty-{n}")));
    names.find(|name| !name.exists()).unwrap_or_else(|| beside(file, ".empty"))
}

fn rename_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
