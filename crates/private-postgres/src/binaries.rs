//! Where PostgreSQL's programs are on this machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;

/// The folder that holds `initdb`, `postgres`, `psql` and `pg_isready`.
#[derive(Debug, Clone)]
pub(crate) struct Binaries {
    dir: PathBuf,
}

impl Binaries {
    /// Looks at `WATTLE_POSTGRES_BIN`, `pg_config --bindir`, Debian's folders (newest first), PATH and Homebrew's.
    pub(crate) fn find() -> Result<Self, Error> {
        let mut looked = Vec::new();
        for dir in candidates() {
            if complete(&dir) {
                return Ok(Self { dir });
            }
            looked.push(dir.display().to_string());
        }
        Err(Error::NoBinaries { looked: looked.join(", ") })
    }

    /// The full path of one program.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }
}

fn candidates() -> Vec<PathBuf> {
    if let Some(named) = std::env::var_os("WATTLE_POSTGRES_BIN") {
        // Whoever names a folder wants that one or an error, not another version in silence.
        return vec![named.into()];
    }
    let mut all: Vec<PathBuf> = pg_config().into_iter().collect();
    for (parent, tail) in [
        ("/usr/lib/postgresql", "bin"),
        ("/opt/homebrew/opt", "bin"),
        ("/usr/local/opt", "bin"),
        ("C:\\Program Files\\PostgreSQL", "bin"),
    ] {
        all.extend(versions(Path::new(parent)).into_iter().map(|dir| dir.join(tail)));
    }
    if let Some(path) = std::env::var_os("PATH") {
        all.extend(std::env::split_paths(&path).filter(|dir| complete(dir)));
    }
    all
}

fn pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    let dir = String::from_utf8(output.stdout).ok()?;
    (!dir.trim().is_empty()).then(|| PathBuf::from(dir.trim()))
}

/// Subfolders such as `15` or `postgresql@17`, the highest version first.
fn versions(parent: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(parent) else { return Vec::new() };
    let mut found: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.strip_prefix("postgresql@").unwrap_or(&name).parse().ok()?;
            Some((version, entry.path()))
        })
        .collect();
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, path)| path).collect()
}

fn complete(dir: &Path) -> bool {
    let binaries = Binaries { dir: dir.to_owned() };
    ["initdb", "postgres", "psql", "pg_isready"].iter().all(|name| binaries.program(name).is_file())
}
