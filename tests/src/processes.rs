//! Child processes with their output kept in files, ended only by their own pid, never left behind.
//!
//! Called by: the desktop driver, and whoever starts the server or the migrator.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const STOP: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

/// Why a process is not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The program could not be started at all.
    #[error("cannot start {program} (is it installed? `cargo xtask setup` installs it): {source}")]
    Start {
        /// The program.
        program: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The process ended though it was needed.
    #[error("{name} ended ({status}): {said}")]
    Ended {
        /// Our name for it.
        name: String,
        /// How it ended.
        status: ExitStatus,
        /// The end of what it said.
        said: String,
    },
    /// Something awaited did not come.
    #[error("{what} did not happen within {within:?}")]
    TooSlow {
        /// What was awaited.
        what: String,
        /// How long.
        within: Duration,
    },
    /// The operating system refused something about a file or process.
    #[error("{doing}: {source}")]
    Io {
        /// What we were doing.
        doing: String,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// Wraps a system error together with what we were doing.
pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Error {
    let doing = doing.into();
    move |source| Error::Io { doing, source }
}

/// One running program; dropping it stops it.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Process {
    /// Starts `command` with stdout in `LOGS/NAME.out` and stderr in `LOGS/NAME.err`, both begun anew.
    ///
    /// Stdin is empty unless the command says otherwise.
    ///
    /// # Errors
    /// The program is missing or the folder cannot be written.
    pub fn start(name: &str, command: &mut Command, logs: &Path) -> Result<Self, Error> {
        command.stdin(Stdio::null());
        Self::start_with_stdin(name, command, logs)
    }

    /// As [`Process::start`], with stdin as the command has it.
    ///
    /// # Errors
    /// As [`Process::start`].
    pub fn start_with_stdin(name: &str, command: &mut Command, logs: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(logs).map_err(io(format!("make {}", logs.display())))?;
        let (out, err) = (logs.join(format!("{name}.out")), logs.join(format!("{name}.err")));
        let create = |path: &Path| File::create(path).map_err(io(format!("write {}", path.display())));
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdout(create(&out)?)
            .stderr(create(&err)?)
            .spawn()
            .map_err(|source| Error::Start { program, source })?;
        Ok(Self { name: name.to_owned(), child, out, err })
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has written to stdout so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        read(&self.out)
    }

    /// What it has written to stderr so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        read(&self.err)
    }

    /// Its stdin, once, if the command piped it.
    pub fn take_stdin(&mut self) -> Option<std::process::ChildStdin> {
        self.child.stdin.take()
    }

    /// An error if it has ended.
    ///
    /// # Errors
    /// [`Error::Ended`] with the end of its stderr.
    pub fn check_running(&mut self) -> Result<(), Error> {
        match self.child.try_wait().map_err(io(format!("look at {}", self.name)))? {
            None => Ok(()),
            Some(status) => {
                let (stdout, stderr) = (self.stdout(), self.stderr());
                let said = if stderr.trim().is_empty() { stdout } else { stderr };
                let mut lines: Vec<&str> = said.lines().rev().take(10).collect();
                lines.reverse();
                Err(Error::Ended { name: self.name.clone(), status, said: lines.join("\n") })
            }
        }
    }

    /// Waits until `condition` gives something, failing at once if the process ends.
    ///
    /// # Errors
    /// [`Error::Ended`], or [`Error::TooSlow`] naming `what`.
    pub async fn wait_for<T>(
        &mut self,
        what: &str,
        within: Duration,
        mut condition: impl FnMut(&Self) -> Option<T>,
    ) -> Result<T, Error> {
        let deadline = Instant::now() + within;
        loop {
            if let Some(found) = condition(self) {
                return Ok(found);
            }
            self.check_running()?;
            if Instant::now() > deadline {
                return Err(Error::TooSlow { what: format!("{}: {what}", self.name), within });
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Ends it with SIGKILL, as a crash would, and waits until it is gone.
    pub fn kill(&mut self) {
        // Both fail only if it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to end (SIGTERM), and kills it if it has not within 10 s.
    pub fn stop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        #[cfg(unix)]
        {
            signal(self.pid(), rustix::process::Signal::TERM);
            let deadline = Instant::now() + STOP;
            while Instant::now() < deadline {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::sleep(POLL);
            }
        }
        self.kill();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Sends a signal to a process that we know to be ours; a process that is gone is what was wanted.
#[cfg(unix)]
pub(crate) fn signal(pid: u32, signal: rustix::process::Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// Waits until `condition` gives something, asking again every 20 ms.
///
/// # Errors
/// [`Error::TooSlow`] naming `what`.
pub async fn wait_for<T>(
    what: &str,
    within: Duration,
    mut condition: impl AsyncFnMut() -> Option<T>,
) -> Result<T, Error> {
    let deadline = Instant::now() + within;
    loop {
        if let Some(found) = condition().await {
            return Ok(found);
        }
        if Instant::now() > deadline {
            return Err(Error::TooSlow { what: what.to_owned(), within });
        }
        tokio::time::sleep(POLL).await;
    }
}

/// A port on 127.0.0.1 that nobody listens on now, and that the system gives to no outgoing connection: a server that is
/// killed must find its port free when it comes back.
///
/// # Errors
/// The machine has no free port.
pub fn free_port() -> Result<u16, Error> {
    // Below what systems hand out by themselves (Linux from 32768, others from 49152).
    const FIRST: u32 = 20_000;
    const MANY: u32 = 12_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let mut last = None;
    for _ in 0..MANY {
        // Test programs that run side by side begin at different places.
        let nth = std::process::id().wrapping_mul(97).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(FIRST + nth % MANY).unwrap_or(0);
        match std::net::TcpListener::bind(("127.0.0.1", port)) {
            Ok(_) => return Ok(port),
            Err(error) => last = Some(error),
        }
    }
    Err(io("find a free port")(last.unwrap_or_else(|| std::io::ErrorKind::AddrInUse.into())))
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}
