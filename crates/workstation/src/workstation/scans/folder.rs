//! The scanner's folder: which files are whole, which stay and why, and how one is moved out of the way.
//!
//! Owns: what was seen of each file. Must never: change or remove a file, move one whose bytes are not kept, follow a link out
//! of the folder, put a file's name into a log.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use wattle_document::{Hasher, Unfit, is_whole, sniff};
use wattle_domain::commands::LARGEST_DOCUMENT_BYTES;
use wattle_protocol::ipc::scans::{Left, LeftFile, TAKEN_FOLDER};

use crate::error::Error;

/// Files that are taken in one look, so that a full folder is shown as it comes.
const OF_ONE_LOOK: usize = 20;
/// Names that scanners and systems use for what is not a scan, or not yet.
const PASSED_OVER: [&str; 3] = ["thumbs.db", "desktop.ini", "ehthumbs.db"];
const UNFINISHED: [&str; 5] = ["tmp", "part", "partial", "crdownload", "filepart"];

/// A file that is whole, and of a type that is taken.
pub(super) struct NewFile<'a> {
    pub(super) name: String,
    pub(super) mime: &'static str,
    pub(super) bytes: &'a [u8],
    pub(super) sha256: String,
}

/// What was seen of the folder so far.
#[derive(Default)]
pub(super) struct Seen {
    folder: PathBuf,
    gone: bool,
    files: BTreeMap<OsString, Look>,
}

/// What is to be said of a folder.
#[derive(Clone, Default)]
pub(super) struct Said {
    pub(super) folder: PathBuf,
    /// It cannot be read.
    pub(super) gone: bool,
    /// Files that stay in it.
    pub(super) left: Vec<LeftFile>,
}

/// What a file was like, and since when it has been so.
struct Look {
    state: State,
    since: Instant,
    left: Option<Left>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct State {
    bytes: u64,
    modified: Option<SystemTime>,
}

/// What became of a file.
enum Done {
    /// It is out of the way.
    Moved,
    /// It stays.
    Stays(Left),
    /// It has changed under our eyes, or could not be kept: another look.
    Again,
}

impl Seen {
    /// What is to be said of it.
    pub(super) fn said(&self) -> Said {
        let left = self.files.iter().filter_map(|(name, look)| {
            Some(LeftFile { name: name.to_string_lossy().into_owned(), why: look.left? })
        });
        Said { folder: self.folder.clone(), gone: self.gone, left: left.collect() }
    }

    /// Looks into the folder: what has been the same for `settled` is given to `keep`, and moved once that has it on the disk.
    /// True when something is to be shown anew.
    pub(super) fn look(
        &mut self,
        folder: &Path,
        settled: Duration,
        keep: &mut dyn FnMut(NewFile<'_>) -> Result<(), Error>,
    ) -> bool {
        let mut anew = self.folder != folder;
        if anew {
            *self = Self { folder: folder.to_owned(), ..Self::default() };
        }
        let found = listed(folder);
        anew |= self.gone != found.is_none();
        self.gone = found.is_none();
        let found = found.unwrap_or_default();
        anew |= self.files.iter().any(|(name, look)| look.left.is_some() && !found.contains_key(name));
        self.files.retain(|name, _| found.contains_key(name));
        let mut taken = 0;
        for (name, state) in found {
            if taken == OF_ONE_LOOK {
                break;
            }
            let (now, known) = (Instant::now(), self.files.get_mut(&name));
            let Some(look) = known.filter(|look| look.state == state) else {
                let had = self.files.insert(name, Look { state, since: now, left: None });
                anew |= had.is_some_and(|had| had.left.is_some());
                continue;
            };
            let done = match look.left {
                // Its bytes are kept already.
                Some(Left::NotMoved) => move_out(folder, &name, state),
                None | Some(Left::Unreadable) if now.duration_since(look.since) >= settled => {
                    taken += 1;
                    take(folder, &name, state, keep)
                }
                _ => continue,
            };
            match done {
                Done::Moved => {
                    self.files.remove(&name);
                    anew = true;
                }
                Done::Stays(left) => {
                    anew |= look.left != Some(left);
                    look.left = Some(left);
                }
                Done::Again => look.since = Instant::now(),
            }
        }
        anew
    }
}

/// The files of the folder that may be scans; `None` when it cannot be read.
fn listed(folder: &Path) -> Option<BTreeMap<OsString, State>> {
    let entries = fs::read_dir(folder).ok()?.flatten();
    let files = entries.filter(|entry| !is_passed_over(&entry.file_name())).filter_map(|entry| {
        // Of the entry itself: a link is no file.
        let about = entry.metadata().ok().filter(fs::Metadata::is_file)?;
        Some((entry.file_name(), State::of(&about)))
    });
    Some(files.collect())
}

fn is_passed_over(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    name.starts_with(['.', '~']) || PASSED_OVER.contains(&name.as_str()) || UNFINISHED.contains(&ending)
}

impl State {
    fn of(about: &fs::Metadata) -> Self {
        Self { bytes: about.len(), modified: about.modified().ok() }
    }

    /// As a file is now; `None` when there is none.
    fn now(path: &Path) -> Option<Self> {
        fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file).map(|about| Self::of(&about))
    }
}

fn take(
    folder: &Path,
    name: &OsStr,
    state: State,
    keep: &mut dyn FnMut(NewFile<'_>) -> Result<(), Error>,
) -> Done {
    if state.bytes == 0 {
        return Done::Stays(Left::Empty);
    }
    if state.bytes > u64::try_from(LARGEST_DOCUMENT_BYTES).unwrap_or(0) {
        return Done::Stays(Left::TooLarge);
    }
    let path = folder.join(name);
    let Ok(bytes) = read(&path, state.bytes) else { return Done::Stays(Left::Unreadable) };
    if State::now(&path) != Some(state) || u64::try_from(bytes.len()) != Ok(state.bytes) {
        return Done::Again;
    }
    let name_shown = name.to_string_lossy().into_owned();
    let mime = match sniff(&name_shown, &bytes) {
        Ok(sniffed) => sniffed.mime,
        Err(Unfit::Empty) => return Done::Stays(Left::Empty),
        Err(Unfit::Name) => return Done::Stays(Left::Mismatch),
        Err(Unfit::Program) => return Done::Stays(Left::Program),
    };
    if mime != "application/pdf" && !mime.starts_with("image/") {
        return Done::Stays(Left::NotAScan);
    }
    if !is_whole(mime, &bytes) {
        return Done::Stays(Left::Unfinished);
    }
    let mut hasher = Hasher::default();
    hasher.update(&bytes);
    let file = NewFile { name: name_shown, mime, bytes: &bytes, sha256: hasher.finish() };
    if let Err(error) = keep(file) {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "a scan could not be kept; it stays in its folder"
        );
        return Done::Again;
    }
    move_out(folder, name, state)
}

/// The first `most` bytes of a file, and one more if there is one.
fn read(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Moves a file whose bytes are kept into the folder of those that were taken. One that has become another meanwhile stays.
fn move_out(folder: &Path, name: &OsStr, state: State) -> Done {
    let path = folder.join(name);
    if State::now(&path) != Some(state) {
        return Done::Again;
    }
    let taken = folder.join(TAKEN_FOLDER);
    if let Err(error) = fs::create_dir(&taken)
        && error.kind() != ErrorKind::AlreadyExists
    {
        return Done::Stays(Left::NotMoved);
    }
    let Some(to) = free_name(&taken, Path::new(name)) else { return Done::Stays(Left::NotMoved) };
    match fs::rename(&path, &to) {
        // Written anew in the very moment: what was moved is not what was read.
        Ok(()) if State::now(&to) != Some(state) => {
            if !path.exists() {
                let _ = fs::rename(&to, &path);
            }
            Done::Again
        }
        Ok(()) => Done::Moved,
        // Somebody else has taken it away.
        Err(error) if error.kind() == ErrorKind::NotFound => Done::Moved,
        Err(_) => Done::Stays(Left::NotMoved),
    }
}

/// `scan.pdf`, or `scan (2).pdf` when there is one already.
fn free_name(folder: &Path, name: &Path) -> Option<PathBuf> {
    let stem = name.file_stem().unwrap_or(name.as_os_str()).to_string_lossy().into_owned();
    let ending = name.extension().map(|ending| format!(".{}", ending.to_string_lossy())).unwrap_or_default();
    let first = std::iter::once(folder.join(name));
    let mut names = first.chain((2..10_000).map(|n| folder.join(format!("{stem} ({n}){ending}"))));
    names.find(|path| fs::symlink_metadata(path).is_err())
}

#[cfg(test)]
mod tests;
