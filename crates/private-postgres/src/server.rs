//! The server process: started, waited for, crashed and stopped, always by the pid that we were given.

use std::fs::{File, OpenOptions};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::account::Account;
use crate::binaries::Binaries;
use crate::error::Error;
use crate::guard::Guard;
use crate::options::Options;

const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(15);

/// How to stop.
#[derive(Clone, Copy)]
enum Mode {
    /// Clients are cut, everything is written.
    Fast,
    /// Nothing is written.
    Immediate,
}

/// What every start of one cluster has in common.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) binaries: Binaries,
    pub(crate) account: Account,
    pub(crate) dir: PathBuf,
    pub(crate) options: Options,
}

impl Place {
    pub(crate) fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    fn log(&self) -> PathBuf {
        self.dir.join("postgres.log")
    }

    /// The end of the server's log, for error messages.
    pub(crate) fn log_end(&self) -> String {
        let text = std::fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let mut lines: Vec<&str> = text.lines().rev().take(12).collect();
        lines.reverse();
        lines.join("\n")
    }

    /// Starts the server on `port` and returns once it answers.
    ///
    /// A server that was killed leaves its children for a moment; while they hold its memory a new one is
    /// refused, so we try again until the deadline.
    pub(crate) fn start(&self, port: u16, guard: &mut Guard) -> Result<Child, Error> {
        let deadline = Instant::now() + START;
        loop {
            let log_from = std::fs::metadata(self.log()).map_or(0, |found| found.len());
            let mut child = self.spawn(port)?;
            guard.note(Some(&child));
            match self.wait_until_answering(&mut child, port, deadline) {
                Err(Error::DidNotStart { said })
                    if Instant::now() < deadline && self.said_since(log_from, "is still in use") =>
                {
                    drop(said);
                    std::thread::sleep(POLL);
                }
                Err(error) => {
                    // Never leave a half-started server behind an error.
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(error);
                }
                Ok(()) => return Ok(child),
            }
        }
    }

    fn spawn(&self, port: u16) -> Result<Child, Error> {
        let log = self.log();
        let open = || -> Result<File, Error> {
            OpenOptions::new().create(true).append(true).open(&log).map_err(Error::io("open", &log))
        };
        let program = self.binaries.program("postgres");
        self.account
            .command(&program, &self.dir)
            .arg("-D")
            .arg(self.data())
            .args(["-p", &port.to_string()])
            .args(self.options.arguments())
            .stdin(Stdio::null())
            .stdout(open()?)
            .stderr(open()?)
            .spawn()
            .map_err(Error::io("start", &program))
    }

    fn wait_until_answering(&self, child: &mut Child, port: u16, deadline: Instant) -> Result<(), Error> {
        let program = self.binaries.program("pg_isready");
        loop {
            if child.try_wait().map_err(Error::io("wait for", &program))?.is_some() {
                return Err(Error::DidNotStart { said: self.log_end() });
            }
            let ready = Command::new(&program)
                .args(["-q", "-t", "1", "-h", "127.0.0.1", "-p", &port.to_string()])
                .status()
                .map_err(Error::io("run", &program))?;
            if ready.success() {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(Error::TooSlow { what: "answer", within: START, said: self.log_end() });
            }
            std::thread::sleep(POLL);
        }
    }

    fn said_since(&self, from: u64, what: &str) -> bool {
        let text = std::fs::read(self.log()).unwrap_or_default();
        let new = text.get(usize::try_from(from).unwrap_or(usize::MAX)..).unwrap_or_default();
        String::from_utf8_lossy(new).contains(what)
    }

    /// Stops the server as PostgreSQL's "fast" shutdown does: clients are cut, everything is written.
    pub(crate) fn stop(&self, child: &mut Child) -> Result<(), Error> {
        self.ask_to_stop(child, Mode::Fast)?;
        self.wait_until_stopped(child)
    }

    /// Stops the server without writing anything.
    pub(crate) fn stop_immediately(&self, child: &mut Child) -> Result<(), Error> {
        self.ask_to_stop(child, Mode::Immediate)?;
        self.wait_until_stopped(child)
    }

    fn wait_until_stopped(&self, child: &mut Child) -> Result<(), Error> {
        let deadline = Instant::now() + STOP;
        while child.try_wait().map_err(Error::io("wait for", &self.dir))?.is_none() {
            if Instant::now() > deadline {
                let _ = child.kill();
                let _ = child.wait();
                return Err(Error::TooSlow { what: "stop", within: STOP, said: self.log_end() });
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    #[cfg(unix)]
    fn ask_to_stop(&self, child: &Child, mode: Mode) -> Result<(), Error> {
        use rustix::process::{Pid, Signal, kill_process};
        let signal = match mode {
            Mode::Fast => Signal::INT,
            Mode::Immediate => Signal::QUIT,
        };
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        match pid.map(|pid| kill_process(pid, signal)) {
            // Gone already: what was asked for.
            None | Some(Ok(()) | Err(rustix::io::Errno::SRCH)) => Ok(()),
            Some(Err(error)) => Err(Error::io("stop the server in", &self.dir)(error.into())),
        }
    }

    #[cfg(not(unix))]
    fn ask_to_stop(&self, _child: &Child, mode: Mode) -> Result<(), Error> {
        self.pg_ctl(match mode {
            Mode::Fast => "fast",
            Mode::Immediate => "immediate",
        })
    }

    /// Stops a server whose owner died without stopping it; only called under the folder's lock.
    pub(crate) fn stop_orphan(&self) -> Result<(), Error> {
        self.pg_ctl("fast")
    }

    fn pg_ctl(&self, mode: &str) -> Result<(), Error> {
        let program = self.binaries.program("pg_ctl");
        let output = self
            .account
            .command(&program, &self.dir)
            .args(["stop", "-m", mode, "-w", "-D"])
            .arg(self.data())
            .output()
            .map_err(Error::io("run", &program))?;
        // No server there: what was asked for.
        let _ = output;
        Ok(())
    }
}

/// A port on 127.0.0.1 that nobody listens on: `wanted` if it is free.
pub(crate) fn free_port(wanted: Option<u16>) -> Result<u16, Error> {
    let bind = |port: u16| TcpListener::bind(("127.0.0.1", port)).and_then(|socket| socket.local_addr());
    wanted
        .and_then(|port| bind(port).ok())
        .map_or_else(|| bind(0), Ok)
        .map(|address| address.port())
        .map_err(Error::io("find a free port on", Path::new("127.0.0.1")))
}
