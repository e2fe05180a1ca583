//! Where containers' bytes come from: the Data API, a folder of exported field contents, or FileMaker's own open storage.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use reqwest::Response;

use super::open::Open;
use crate::error::Error;
use crate::mapping::Cells;
use crate::raw::RawRow;
use crate::typing::text;
use crate::wire::{DataApi, Given, name_of};

/// A container that holds something.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// From 1.
    pub(super) repetition: u32,
    /// The name of its file, where that is known before it is opened.
    pub(super) name: Option<String>,
    pub(super) at: At,
}

/// Where.
#[derive(Clone, Debug)]
pub(super) enum At {
    File(PathBuf),
    Url(String),
    /// Not here: FileMaker knows a path, and no bytes.
    Elsewhere(String),
    /// A path that leads out of the folder of FileMaker's storage: what is there is none of its files.
    Outside(String),
}

/// A container's bytes, yet to be read.
pub(super) struct Opened {
    /// Where the source says it before.
    pub(super) size: Option<u64>,
    pub(super) name: Option<String>,
    pub(super) body: Body,
}

/// What opening came to.
pub(super) enum Opening {
    Open(Opened),
    /// There is nothing.
    Nothing,
    /// To be tried again.
    Again,
}

pub(super) enum Source {
    Folder(Folder),
    Open(Open),
    Wire(Box<Wired>),
}

impl Source {
    /// What a copy is true of: while this is the same, nothing was changed.
    pub(super) fn mark(&self, key: &str, row: &RawRow, cells: Cells<'_>) -> Result<String, Error> {
        match self {
            Self::Folder(folder) => folder.mark(key),
            Self::Open(open) => open.mark(cells),
            Self::Wire(_) => Ok(format!("mod {}", row.mod_id.as_deref().unwrap_or_default())),
        }
    }

    /// The containers of a record that hold something.
    pub(super) async fn find(
        &mut self,
        key: &str,
        row: &RawRow,
        cells: Cells<'_>,
    ) -> Result<Vec<Found>, Error> {
        match self {
            Self::Folder(folder) => folder.find(key),
            Self::Open(open) => open.find(cells),
            Self::Wire(wired) => wired.find(row).await,
        }
    }

    /// Where the files of a record should be, for whoever has to look for them.
    pub(super) fn expected(&self, key: &str) -> Option<String> {
        match self {
            Self::Folder(folder) => Some(format!("{}/{key}/{}", folder.table, folder.field)),
            Self::Open(_) | Self::Wire(_) => None,
        }
    }

    /// How many files of a record are not among its containers, so that none is left out in silence.
    pub(super) fn passed_over(&self, key: &str) -> Result<u64, Error> {
        let Self::Folder(folder) = self else { return Ok(0) };
        let Some(path) = folder.of(key).filter(|path| path.is_dir()) else { return Ok(0) };
        let all = std::fs::read_dir(&path).map_err(Error::file(&path))?.count();
        Ok(all.saturating_sub(folder.files(key)?.len()) as u64)
    }

    /// Opens one.
    pub(super) async fn open(&mut self, found: &Found) -> Result<Opening, Error> {
        match (self, &found.at) {
            (_, At::Elsewhere(_) | At::Outside(_)) => Ok(Opening::Nothing),
            (_, At::File(path)) => {
                let file = match File::open(path) {
                    Ok(file) => file,
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                        return Ok(Opening::Nothing);
                    }
                    Err(error) => return Err(Error::file(path)(error)),
                };
                let facts = file.metadata().map_err(Error::file(path))?;
                if !facts.is_file() {
                    return Ok(Opening::Nothing);
                }
                let size = facts.len();
                let body = Body::File(path.clone(), file);
                Ok(Opening::Open(Opened { size: Some(size), name: None, body }))
            }
            (Self::Wire(wired), At::Url(url)) => Ok(match wired.api.open(url).await? {
                Given::Bytes(response) => Opening::Open(Opened {
                    size: response.content_length(),
                    name: name_of(&response),
                    body: Body::Response(response, Vec::new()),
                }),
                Given::Nothing => Opening::Nothing,
                Given::Over | Given::Failed => Opening::Again,
            }),
            (Self::Folder(_) | Self::Open(_), At::Url(_)) => Ok(Opening::Nothing),
        }
    }

    /// Waits before the `n`th try again.
    pub(super) async fn wait(&self, n: u32) {
        if let Self::Wire(wired) = self {
            wired.api.wait(n).await;
        }
    }

    /// How many folders are of keys that no record has.
    pub(super) fn unclaimed(&self, has: impl Fn(&str) -> bool) -> Result<u64, Error> {
        let Self::Folder(folder) = self else { return Ok(0) };
        let keys = names(&folder.root)?;
        Ok(keys.iter().filter(|key| !has(key)).count() as u64)
    }

    pub(super) async fn close(&mut self) {
        if let Self::Wire(wired) = self {
            wired.api.close().await;
        }
    }
}

/// `{root}/{table}/{key}/{field}/{repetition}__{name}`.
pub(super) struct Folder {
    root: PathBuf,
    table: String,
    field: String,
}

impl Folder {
    pub(super) fn new(root: &Path, table: &str, field: String) -> Result<Self, Error> {
        let this = Self { root: root.join(table), table: table.to_owned(), field };
        // A folder that is not there would make every file a missing one.
        std::fs::read_dir(&this.root).map_err(Error::file(&this.root))?;
        Ok(this)
    }

    /// The folder of a record; `None` for a key that no folder can be named by.
    fn of(&self, key: &str) -> Option<PathBuf> {
        let plain = !key.is_empty() && !matches!(key, "." | "..") && !key.contains(['/', '\\', '\0']);
        plain.then(|| self.root.join(key).join(&self.field))
    }

    fn files(&self, key: &str) -> Result<Vec<(u32, String, PathBuf)>, Error> {
        let Some(folder) = self.of(key).filter(|folder| folder.is_dir()) else { return Ok(Vec::new()) };
        let mut files: Vec<(u32, String, PathBuf)> = names(&folder)?
            .into_iter()
            .filter_map(|file| {
                let (repetition, name) = file.split_once("__")?;
                let repetition = repetition.parse().ok().filter(|n| *n > 0)?;
                Some((repetition, name.to_owned(), folder.join(&file)))
            })
            .collect();
        files.sort();
        // One file a repetition. Of two nobody can say which is meant: the others are counted as passed over.
        files.dedup_by_key(|(repetition, ..)| *repetition);
        Ok(files)
    }

    fn mark(&self, key: &str) -> Result<String, Error> {
        let mut mark = String::new();
        for (repetition, _, path) in self.files(key)? {
            let facts = std::fs::metadata(&path).map_err(Error::file(&path))?;
            mark.push_str(&format!("{repetition}:{} ", state_of(&facts)));
        }
        Ok(mark)
    }

    fn find(&self, key: &str) -> Result<Vec<Found>, Error> {
        let files = self.files(key)?.into_iter();
        Ok(files
            .map(|(repetition, name, path)| Found { repetition, name: Some(name), at: At::File(path) })
            .collect())
    }
}

/// What FileMaker calls a container that holds a path and no bytes.
pub(super) fn is_reference(storage: &str) -> bool {
    text::fold(storage) == "file reference"
}

/// Size and time of change: a file that has the same is the same.
pub(super) fn state_of(facts: &std::fs::Metadata) -> String {
    let changed = facts.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    format!("{}:{}", facts.len(), changed.unwrap_or_default().as_nanos())
}

/// The names in a folder that are text.
fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::file(folder))? {
        names.extend(entry.map_err(Error::file(folder))?.file_name().into_string().ok());
    }
    names.sort();
    Ok(names)
}

/// A layout of the Data API that shows the container.
pub(super) struct Wired {
    api: DataApi,
    layout: String,
    field: String,
}

impl Wired {
    pub(super) fn new(api: DataApi, layout: String, field: String) -> Self {
        Self { api, layout, field }
    }

    async fn find(&mut self, row: &RawRow) -> Result<Vec<Found>, Error> {
        let record = i64::try_from(row.position).unwrap_or(i64::MAX);
        let shown = self.api.shown(&self.layout, record, &self.field).await?.unwrap_or_default();
        let found = |one: crate::wire::Shown| {
            let url = one.value.starts_with("http://") || one.value.starts_with("https://");
            let at = if url { At::Url(one.value) } else { At::Elsewhere(one.value) };
            Found { repetition: one.repetition, name: None, at }
        };
        Ok(shown.into_iter().map(found).collect())
    }
}

pub(super) enum Body {
    File(PathBuf, File),
    /// With what came already and was not asked for yet.
    Response(Box<Response>, Vec<u8>),
}

/// The connection ended in the middle.
pub(super) struct Broken;

impl Body {
    /// The next bytes, as many as are wanted; fewer at the end.
    pub(super) async fn fill(&mut self, wanted: usize) -> Result<Result<Vec<u8>, Broken>, Error> {
        match self {
            Self::File(path, file) => {
                let mut bytes = Vec::with_capacity(wanted);
                let most = u64::try_from(wanted).unwrap_or(u64::MAX);
                file.by_ref().take(most).read_to_end(&mut bytes).map_err(Error::file(path))?;
                Ok(Ok(bytes))
            }
            Self::Response(response, rest) => {
                while rest.len() < wanted {
                    match response.chunk().await {
                        Ok(Some(chunk)) => rest.extend_from_slice(&chunk),
                        Ok(None) => break,
                        Err(_) => return Ok(Err(Broken)),
                    }
                }
                let more = rest.split_off(wanted.min(rest.len()));
                Ok(Ok(std::mem::replace(rest, more)))
            }
        }
    }
}
