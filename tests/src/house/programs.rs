//! Where our own programs are: told by `cargo xtask`, or beside this one.

use std::path::PathBuf;

use anyhow::bail;

/// Paths of our programs.
#[derive(Clone, Debug)]
pub struct Programs {
    /// `wattle-server`.
    pub server: PathBuf,
    /// `fm-migrate`.
    pub fm_migrate: PathBuf,
}

impl Programs {
    /// From `WATTLE_SERVER_BIN` and `WATTLE_FM_MIGRATE_BIN`, else from the folder of this program.
    ///
    /// # Errors
    /// One of them is at neither place.
    pub fn find() -> anyhow::Result<Self> {
        Ok(Self {
            server: find("WATTLE_SERVER_BIN", "wattle-server")?,
            fm_migrate: find("WATTLE_FM_MIGRATE_BIN", "fm-migrate")?,
        })
    }

    /// `wattle`, the desktop app, from `WATTLE_DESKTOP_BIN` or from the folder of this program: not every play opens a window.
    ///
    /// # Errors
    /// It is at neither place.
    pub fn desktop() -> anyhow::Result<PathBuf> {
        find("WATTLE_DESKTOP_BIN", "wattle")
    }

    /// `filemaker-standin`, from `WATTLE_FILEMAKER_STANDIN_BIN` or from the folder of this program.
    ///
    /// # Errors
    /// It is at neither place.
    pub fn standin() -> anyhow::Result<PathBuf> {
        find("WATTLE_FILEMAKER_STANDIN_BIN", "filemaker-standin")
    }
}

fn find(variable: &str, name: &str) -> anyhow::Result<PathBuf> {
    if let Some(told) = std::env::var_os(variable) {
        return Ok(told.into());
    }
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let here = std::env::current_exe()?;
    // Test programs lie one folder deeper than the others.
    for folder in here.ancestors().skip(1).take(2) {
        let path = folder.join(&name);
        if path.exists() {
            return Ok(path);
        }
    }
    bail!("{name} is not built: run this through `cargo xtask`, or set {variable}")
}
