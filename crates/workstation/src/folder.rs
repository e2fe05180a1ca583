//! Where things rest in a workstation's data folder.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use wattle_domain::{ClinicId, UserId};

use crate::error::Error;

/// The data folder, held by this process alone.
pub(crate) struct Folder {
    root: PathBuf,
    /// Held as long as the process lives; the system lets go of it however the process ends.
    _lock: File,
}

impl Folder {
    /// Makes the folder when absent, and takes it.
    pub(crate) fn take(root: &Path) -> Result<Self, Error> {
        make_private(root)?;
        let root = root.canonicalize()?;
        let lock = File::options().create(true).truncate(false).write(true).open(root.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { root, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Error::AlreadyOpen),
            Err(TryLockError::Error(error)) => Err(Error::Io(error)),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// What this workstation is.
    pub(crate) fn record(&self) -> PathBuf {
        self.root.join("workstation.json")
    }

    /// Sign-ins that were refused here without the server.
    pub(crate) fn refused(&self) -> PathBuf {
        self.root.join("refused.json")
    }

    /// Failed tries of passwords.
    pub(crate) fn attempts(&self) -> PathBuf {
        self.root.join("attempts.json")
    }

    /// Documents that somebody has opened outside, in the clear; emptied whenever the app starts.
    pub(crate) fn outside(&self) -> PathBuf {
        self.root.join("opened")
    }

    /// The newest part of the log.
    pub(crate) fn log(&self) -> PathBuf {
        self.root.join("logs").join("wattle.log")
    }

    /// The folders of all profiles of a clinic that were ever used here, with the profiles' names.
    pub(crate) fn profiles(&self, clinic: ClinicId) -> Vec<(String, Place)> {
        let entries = fs::read_dir(self.root.join(clinic.to_string()));
        let folders = entries.into_iter().flatten().flatten().filter(|entry| entry.path().is_dir());
        let mut profiles: Vec<_> = folders
            .map(|entry| (entry.file_name().to_string_lossy().into_owned(), Place(entry.path())))
            .collect();
        profiles.sort_by(|a, b| a.0.cmp(&b.0));
        profiles
    }

    /// Destroys all that was ever used for a clinic here: slots first, because without them the files say nothing.
    pub(crate) fn destroy(&self, clinic: ClinicId) -> Result<(), Error> {
        for (_, place) in self.profiles(clinic) {
            remove_dir(&place.0.join("slots"))?;
        }
        // In the clear, for programs outside.
        remove_dir(&self.outside())?;
        remove_dir(&self.root.join(clinic.to_string()))?;
        // The web view keeps no row, and may still hold its files open: the next start finds an empty place or makes one.
        if let Err(error) = remove_dir(&self.root.join("webview")) {
            tracing::warn!(error = &error as &dyn std::error::Error, "the web view's folder was not removed");
        }
        for file in [self.attempts(), self.refused(), self.record()] {
            match fs::remove_file(file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// The folder of one profile's file.
    pub(crate) fn profile(&self, clinic: ClinicId, profile: &str) -> Place {
        Place(self.root.join(clinic.to_string()).join(profile))
    }
}

/// The folder of one profile: its file and the slots of the people who may open it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place(PathBuf);

impl Place {
    /// Makes its folders.
    pub(crate) fn make(&self) -> Result<(), Error> {
        make_private(&self.0.join("slots"))?;
        Ok(())
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("wattle.db")
    }

    pub(crate) fn slot(&self, user: UserId) -> PathBuf {
        self.0.join("slots").join(format!("{user}.json"))
    }

    /// What a person's next sign-in needs, sealed under the data key.
    pub(crate) fn facts(&self, user: UserId) -> PathBuf {
        self.0.join("slots").join(format!("{user}.sealed"))
    }

    /// Takes somebody's way into the file from it. `whole`: their slot too, which nobody can make again without the file's key;
    /// else only what they would need to get in without the server.
    pub(crate) fn forget(&self, user: UserId, whole: bool) -> Result<(), Error> {
        let slot = whole.then(|| self.slot(user));
        for file in [Some(self.facts(user)), slot].into_iter().flatten() {
            match fs::remove_file(file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether somebody else has a slot.
    pub(crate) fn opens_for_others(&self, user: UserId) -> bool {
        let mine = self.slot(user);
        let slots = fs::read_dir(self.0.join("slots")).into_iter().flatten().flatten();
        slots
            .map(|entry| entry.path())
            .any(|path| path != mine && path.extension().is_some_and(|x| x == "json"))
    }

    /// Whether everything of the file is on the server for good, so that nobody need open it for that.
    pub(crate) fn is_emptied(&self) -> bool {
        self.emptied().exists()
    }

    /// Bytes of documents, sealed under the data key.
    pub(crate) fn documents(&self) -> PathBuf {
        self.0.join("documents")
    }

    /// Remembers that it is.
    pub(crate) fn mark_emptied(&self) -> Result<(), Error> {
        fs::write(self.emptied(), b"everything of this file is on the server\n")?;
        Ok(())
    }

    /// Somebody works with the file: there may be more.
    pub(crate) fn in_use(&self) {
        match fs::remove_file(self.emptied()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a file may be taken for emptied");
            }
            _ => {}
        }
    }

    /// Whether the server keeps the key with this mark.
    pub(crate) fn is_kept(&self, mark: &str) -> bool {
        fs::read_to_string(self.kept()).is_ok_and(|kept| kept.trim() == mark)
    }

    /// Remembers that it does.
    pub(crate) fn mark_kept(&self, mark: &str) -> Result<(), Error> {
        fs::write(self.kept(), format!("{mark}\n"))?;
        Ok(())
    }

    fn kept(&self) -> PathBuf {
        self.0.join("kept")
    }

    fn emptied(&self) -> PathBuf {
        self.0.join("emptied")
    }

    /// Whether anybody has a slot here.
    pub(crate) fn has_slots(&self) -> bool {
        fs::read_dir(self.0.join("slots")).is_ok_and(|mut entries| {
            entries.any(|entry| entry.is_ok_and(|e| e.path().extension().is_some_and(|x| x == "json")))
        })
    }
}

pub(crate) fn remove_dir(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(unix)]
pub(crate) fn make_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
pub(crate) fn make_private(path: &Path) -> std::io::Result<()> {
    fs::create_dir_all(path)
}
