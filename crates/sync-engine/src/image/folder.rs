//! `<file>.image`: chunks as they came, sealed under a key that is not here. A whole one is `0007`, one on its way
//! `0007.part`.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use wattle_page_image::Hasher;

use super::place::{beside, sync_folder};

/// The name of the file that says of which image the chunks are.
const IMAGE: &str = "image";
const LOCK: &str = "lock";

/// The folder, held by one copy at a time: an import that nobody waits for any more may still be at work.
#[derive(Debug)]
pub(super) struct Folder {
    dir: PathBuf,
    _lock: File,
}

impl Folder {
    /// Takes the folder of a file, making it when absent; waits until nobody else has it.
    pub(super) fn take(file: &Path) -> io::Result<Self> {
        let dir = of(file);
        make_private(&dir)?;
        let lock = File::options().create(true).truncate(false).write(true).open(dir.join(LOCK))?;
        lock.lock()?;
        Ok(Self { dir, _lock: lock })
    }

    /// Of which image the chunks are: its id, as text.
    pub(super) fn image(&self) -> Option<String> {
        Some(fs::read_to_string(self.dir.join(IMAGE)).ok()?.trim().to_owned())
    }

    /// Makes it the folder of an image: chunks of another one go.
    pub(super) fn adopt(&self, image: &str) -> io::Result<()> {
        if self.image().as_deref() == Some(image) {
            return Ok(());
        }
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name != LOCK) {
                fs::remove_file(path)?;
            }
        }
        let (to, part) = (self.dir.join(IMAGE), self.dir.join("image.part"));
        let mut file = File::create(&part)?;
        file.write_all(image.as_bytes())?;
        file.sync_all()?;
        fs::rename(part, to)?;
        sync_folder(&self.dir)
    }

    /// Whether a chunk is here whole.
    pub(super) fn has(&self, number: u32) -> bool {
        self.whole(number).exists()
    }

    /// A whole chunk.
    pub(super) fn read(&self, number: u32) -> io::Result<Vec<u8>> {
        fs::read(self.whole(number))
    }

    /// Throws a chunk away.
    pub(super) fn drop_chunk(&self, number: u32) -> io::Result<()> {
        for path in [self.whole(number), self.part(number)] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Goes on with a chunk that was begun, if it has at most `bytes` bytes so far, else begins it.
    pub(super) fn begin(&self, number: u32, bytes: u64) -> io::Result<Part> {
        let path = self.part(number);
        let mut hasher = Hasher::default();
        let mut length = 0;
        match fs::read(&path) {
            Ok(held) if len(&held) <= bytes => {
                hasher.update(&held);
                length = len(&held);
            }
            Ok(_) => fs::remove_file(&path)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let file = File::options().create(true).append(true).open(&path)?;
        Ok(Part { path, whole: self.whole(number), file, hasher, length })
    }

    fn whole(&self, number: u32) -> PathBuf {
        self.dir.join(format!("{number:04}"))
    }

    fn part(&self, number: u32) -> PathBuf {
        self.dir.join(format!("{number:04}.part"))
    }
}

/// A chunk that is coming.
pub(super) struct Part {
    path: PathBuf,
    whole: PathBuf,
    file: File,
    hasher: Hasher,
    /// Bytes so far.
    pub(super) length: u64,
}

impl Part {
    /// Begins again.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        (self.hasher, self.length) = (Hasher::default(), 0);
        Ok(())
    }

    /// Appends.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.length += len(bytes);
        Ok(())
    }

    /// Keeps it as a whole chunk, safe from a power cut, if it is the right one; false (and it is gone) if not.
    pub(super) fn finish(self, sha256: &str) -> io::Result<bool> {
        if !self.hasher.finish().eq_ignore_ascii_case(sha256) {
            drop(self.file);
            fs::remove_file(&self.path)?;
            return Ok(false);
        }
        self.file.sync_all()?;
        drop(self.file);
        fs::rename(&self.path, &self.whole)?;
        Ok(true)
    }
}

/// Removes the folder of a file. It holds no database, only what can be fetched again.
pub(super) fn forget(file: &Path) -> io::Result<()> {
    match fs::remove_dir_all(of(file)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

pub(super) fn len(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn of(file: &Path) -> PathBuf {
    beside(file, ".image")
}

#[cfg(unix)]
fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make_private(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}
