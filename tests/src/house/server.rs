//! The server's process.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::processes::{Error, Process};

const PATIENCE: Duration = Duration::from_secs(30);

/// A running server; dropping it stops it.
pub struct Server {
    process: Process,
}

impl Server {
    /// Starts `wattle-server serve` and waits until it listens; `name` is that of its logs.
    ///
    /// # Errors
    /// It ends or does not listen in time.
    pub async fn start(name: &str, mut command: Command, logs: &Path) -> Result<Self, Error> {
        let mut process = Process::start(name, &mut command, logs)?;
        process
            .wait_for("listens", PATIENCE, |p| {
                let first: Value = serde_json::from_str(p.stdout().lines().next()?).ok()?;
                first.get("listening").is_some().then_some(())
            })
            .await?;
        Ok(Self { process })
    }

    /// Ends it with SIGKILL.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// What it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.stderr()
    }
}
