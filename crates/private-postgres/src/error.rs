//! Everything that can keep a private cluster from running, each with what to do about it.

use std::path::PathBuf;
use std::time::Duration;

/// Why a cluster could not be made, started, asked or stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No PostgreSQL server is installed where we look.
    #[error(
        "no PostgreSQL server found (looked at {looked}); install it (Debian: apt-get install postgresql; \
         macOS: brew install postgresql@17) or name its folder of binaries in WATTLE_POSTGRES_BIN"
    )]
    NoBinaries {
        /// The folders that were tried, for the reader.
        looked: String,
    },
    /// The server refuses to run as root and there is nobody else to run it as.
    #[error(
        "PostgreSQL does not run as root and {missing} is missing; install Debian's postgresql and util-linux"
    )]
    NoAccount {
        /// What is missing: the user `postgres` or the program `setpriv`.
        missing: &'static str,
    },
    /// Run by root, the cluster's folder lies where user `postgres` cannot go.
    #[error("user postgres cannot enter {}; choose a folder outside it, for example under /var/tmp", .blocked.display())]
    Unreachable {
        /// The first folder on the way that is closed to others.
        blocked: PathBuf,
    },
    /// Another live program runs the cluster in this folder.
    #[error("the cluster in {} is in use by another program; stop that one first", .dir.display())]
    InUse {
        /// The cluster's folder.
        dir: PathBuf,
    },
    /// The folder holds something, but no cluster of ours.
    #[error("{} is not empty and holds no private cluster; choose another folder", .dir.display())]
    NotOurs {
        /// The folder.
        dir: PathBuf,
    },
    /// A program of PostgreSQL's ran and failed.
    #[error("{program} failed: {said}")]
    Program {
        /// Its name.
        program: String,
        /// The end of what it said.
        said: String,
    },
    /// The server process ended while it was starting.
    #[error("the PostgreSQL server did not start: {said}")]
    DidNotStart {
        /// The end of the server's log.
        said: String,
    },
    /// The server process lives but did not answer, or did not stop, in time.
    #[error("the PostgreSQL server did not {what} within {within:?}: {said}")]
    TooSlow {
        /// `answer` or `stop`.
        what: &'static str,
        /// How long we waited.
        within: Duration,
        /// The end of the server's log.
        said: String,
    },
    /// A database name that would need quoting.
    #[error("{name:?} is no database name: 1 to 63 of a-z, 0-9 and _, starting with a letter")]
    BadName {
        /// The name as given.
        name: String,
    },
    /// The operating system refused something about a file or a process.
    #[error("{doing}: {source}")]
    Io {
        /// What we were doing, with the path.
        doing: String,
        /// The system's reason.
        source: std::io::Error,
    },
}

impl Error {
    /// Wraps a system error together with what we were doing: `.map_err(Error::io("create", path))`.
    pub(crate) fn io(doing: &str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let doing = format!("{doing} {}", path.display());
        move |source| Self::Io { doing, source }
    }
}
