//! As whom the server runs: PostgreSQL refuses root, so root runs it as user `postgres`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;

/// A folder for a cluster that is kept between runs, in a place where the server's account can go.
///
/// Root: `/var/tmp/wattle-NAME`. Everybody else: `$WATTLE_CACHE/NAME` or `~/.cache/wattle/NAME`.
#[must_use]
pub fn persistent_dir(name: &str) -> PathBuf {
    if is_root() {
        return Path::new("/var/tmp").join(format!("wattle-{name}"));
    }
    let home = || std::env::home_dir().unwrap_or_else(std::env::temp_dir).join(".cache/wattle");
    std::env::var_os("WATTLE_CACHE").map_or_else(home, PathBuf::from).join(name)
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

/// The account of the server's programs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Account {
    /// The account of this program.
    Own,
    /// User `postgres`, reached through `setpriv`.
    #[cfg_attr(not(unix), allow(dead_code))]
    Postgres { uid: u32, gid: u32 },
}

impl Account {
    pub(crate) fn find() -> Result<Self, Error> {
        if !is_root() {
            return Ok(Self::Own);
        }
        if Command::new("setpriv").arg("--version").output().is_err() {
            return Err(Error::NoAccount { missing: "setpriv" });
        }
        let id = |flag: &str| -> Option<u32> {
            let output = Command::new("id").args([flag, "postgres"]).output().ok()?;
            String::from_utf8(output.stdout).ok()?.trim().parse().ok()
        };
        match (id("-u"), id("-g")) {
            (Some(uid), Some(gid)) => Ok(Self::Postgres { uid, gid }),
            _ => Err(Error::NoAccount { missing: "user postgres" }),
        }
    }

    /// A command of this account, in a folder where the account may be.
    pub(crate) fn command(self, program: &Path, dir: &Path) -> Command {
        let mut command = match self {
            Self::Own => Command::new(program),
            Self::Postgres { .. } => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
                command
            }
        };
        command.current_dir(dir);
        command
    }

    /// Makes a file or folder the account's own.
    pub(crate) fn give(self, path: &Path) -> Result<(), Error> {
        #[cfg(unix)]
        if let Self::Postgres { uid, gid } = self {
            std::os::unix::fs::chown(path, Some(uid), Some(gid)).map_err(Error::io("hand over", path))?;
        }
        let _ = path;
        Ok(())
    }

    /// The folder for temporary clusters: the system's, unless the account cannot go there.
    pub(crate) fn temporary_parent(self) -> PathBuf {
        let usual = std::env::temp_dir();
        if self.check_reachable(&usual).is_ok() { usual } else { PathBuf::from("/var/tmp") }
    }

    /// Refuses a folder below one that is closed to the account (for root: anything under /root).
    pub(crate) fn check_reachable(self, dir: &Path) -> Result<(), Error> {
        #[cfg(unix)]
        if let Self::Postgres { uid, .. } = self {
            use std::os::unix::fs::MetadataExt;
            let dir = std::path::absolute(dir).map_err(Error::io("find", dir))?;
            for above in dir.ancestors() {
                let Ok(found) = std::fs::metadata(above) else { continue };
                if found.uid() != uid && found.mode() & 0o001 == 0 && above != dir {
                    return Err(Error::Unreachable { blocked: above.to_owned() });
                }
            }
        }
        let _ = dir;
        Ok(())
    }
}
