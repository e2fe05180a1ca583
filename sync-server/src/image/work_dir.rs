//! Where one builder works. The server removes it: a builder that is stopped cannot.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use uuid::Uuid;

const NAME: &str = "wattle-image-";
/// What is older was left by a server that was killed; its key went with it.
const LEFT: Duration = Duration::from_secs(24 * 3600);

/// A folder that goes with this value.
pub(super) struct WorkDir(PathBuf);

impl WorkDir {
    pub(super) fn make(image: Uuid) -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!("{NAME}{image}"));
        make_private(&path)?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for WorkDir {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

/// Removes what servers that were killed have left.
pub(super) fn sweep() {
    let entries = std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(NAME)) {
        let age = entry.metadata().and_then(|m| m.modified()).ok();
        let age = age.and_then(|at| SystemTime::now().duration_since(at).ok());
        if age.is_some_and(|age| age > LEFT) {
            remove(&entry.path());
        }
    }
}

fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_dir_all(path) {
        tracing::warn!(kind = ?error.kind(), "a builder's folder was not removed");
    }
}

#[cfg(unix)]
fn make_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make_private(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir(path)
}
