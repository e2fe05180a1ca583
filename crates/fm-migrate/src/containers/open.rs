//! FileMaker's open storage: each container a plain file, under a folder, where `GetAsText` of the container says.
//!
//! Must never: read a file outside that folder, whatever a record says. What people could type there is no address.

use std::path::{Path, PathBuf};

use super::source::{At, Found, is_reference, state_of};
use crate::error::Error;
use crate::mapping::Cells;
use crate::raw::GS;

/// The folder of the storage.
pub(super) struct Open {
    root: PathBuf,
}

impl Open {
    pub(super) fn new(root: &Path) -> Result<Self, Error> {
        // A folder that is not there would make every file a missing one.
        std::fs::read_dir(root).map_err(Error::file(root))?;
        Ok(Self { root: root.to_path_buf() })
    }

    /// The files of a record: a path for each repetition that has one.
    pub(super) fn find(&self, cells: Cells<'_>) -> Result<Vec<Found>, Error> {
        // As found: blanks in a path are part of it.
        let part = |field: &str, nth: usize| {
            let part = cells.raw(field)?.split(GS).nth(nth)?;
            (!part.trim().is_empty() && part != "?").then(|| part.to_owned())
        };
        let references = cells.raw("reference").unwrap_or_default().split(GS).count();
        let mut found = Vec::new();
        for (repetition, nth) in (1..).zip(0..references) {
            let Some(reference) = part("reference", nth) else { continue };
            let elsewhere = part("storage", nth).is_some_and(|word| is_reference(&word));
            let at = if elsewhere { At::Elsewhere(reference) } else { self.at(reference)? };
            let name = match &at {
                At::File(path) => path.file_name().map(|name| name.to_string_lossy().into_owned()),
                _ => None,
            };
            found.push(Found { repetition, name, at });
        }
        Ok(found)
    }

    pub(super) fn mark(&self, cells: Cells<'_>) -> Result<String, Error> {
        let mut mark = String::new();
        for one in self.find(cells)? {
            let state = match &one.at {
                At::File(path) => match std::fs::metadata(path) {
                    Ok(facts) => format!("{}:{}", state_of(&facts), path.display()),
                    Err(_) => format!("missing:{}", path.display()),
                },
                At::Elsewhere(path) | At::Outside(path) | At::Url(path) => path.clone(),
            };
            mark.push_str(&format!("{}:{state} ", one.repetition));
        }
        Ok(mark)
    }

    /// Where a reference leads: `remote:Documents/2019/scan.pdf`, relative to the folder. Its lines below the first say other
    /// things.
    fn at(&self, reference: String) -> Result<At, Error> {
        let line = reference.split(['\r', '\n']).next().unwrap_or_default();
        let path = ["remote:", "file:", "image:", "movie:"].iter().find_map(|word| line.strip_prefix(word));
        // Servers on Windows write the other slash.
        let path = path.unwrap_or(line).replace('\\', "/");
        let plain = |name: &str| !matches!(name, "" | "." | "..") && !name.contains([':', '\0']);
        if path.is_empty() || !path.split('/').all(plain) {
            return Ok(At::Outside(reference));
        }
        // A link may lead anywhere.
        let mut whole = self.root.clone();
        for name in path.split('/') {
            whole.push(name);
            match std::fs::symlink_metadata(&whole) {
                Ok(facts) if facts.is_symlink() => return Ok(At::Outside(reference)),
                Ok(_) => {}
                // It is missing, and will be said to be so.
                Err(error)
                    if matches!(
                        error.kind(),
                        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                    ) =>
                {
                    return Ok(At::File(self.root.join(&path)));
                }
                Err(error) => return Err(Error::file(&whole)(error)),
            }
        }
        Ok(At::File(whole))
    }
}
