//! A streaming standby of a cluster: copied, cut off, promoted.

use std::time::{Duration, Instant};

use super::{Cluster, folder};
use crate::error::Error;

const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(15);

impl Cluster {
    /// A new standby of this cluster in a temporary folder, following it asynchronously on a port of its own. It has the
    /// same password and takes no writes until [`Cluster::promote`].
    ///
    /// # Errors
    /// `pg_basebackup` fails, or the standby does not start.
    pub fn standby(&self) -> Result<Self, Error> {
        let account = self.place.account;
        let parent = account.temporary_parent();
        let temporary = tempfile::Builder::new()
            .prefix("wattle-postgres-")
            .tempdir_in(&parent)
            .map_err(Error::io("make a folder in", &parent))?;
        let dir = temporary.path().to_owned();
        folder::prepare_copy(&dir, account, &self.password)?;
        let program = self.place.binaries.program("pg_basebackup");
        let output = account
            .command(&program, &dir)
            .args(["-h", "127.0.0.1", "-U", "postgres", "-w", "-X", "stream", "-c", "fast", "-R"])
            .args(["-p", &self.port.to_string(), "-D"])
            .arg(dir.join("data"))
            .env("PGPASSWORD", &self.password)
            .output()
            .map_err(Error::io("run", &program))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(Error::Program { program: "pg_basebackup".to_owned(), said });
        }
        Self::start_in(&dir, Some(temporary), account, self.place.options.clone())
    }

    /// Waits until this standby has replayed all that its primary has written up to now.
    ///
    /// # Errors
    /// Not within a minute, or one of the two does not answer.
    pub fn catch_up_with(&self, primary: &Self) -> Result<(), Error> {
        let there = primary.execute("postgres", "SELECT pg_current_wal_lsn()")?;
        let sql = format!("SELECT pg_last_wal_replay_lsn() >= '{there}'::pg_lsn");
        self.wait_until("catch up", &sql)
    }

    /// Cuts this standby off from its primary: what is written there from now on does not come here.
    ///
    /// # Errors
    /// It does not let go within a minute.
    pub fn cut_off(&self) -> Result<(), Error> {
        self.execute("postgres", "ALTER SYSTEM SET primary_conninfo = ''")?;
        self.execute("postgres", "SELECT pg_reload_conf()")?;
        self.wait_until("let go of its primary", "SELECT count(*) = 0 FROM pg_stat_wal_receiver")
    }

    /// Makes this standby a primary, on a new timeline.
    ///
    /// # Errors
    /// It takes no writes within a minute.
    pub fn promote(&self) -> Result<(), Error> {
        self.execute("postgres", "SELECT pg_promote(false)")?;
        self.wait_until("take writes", "SELECT NOT pg_is_in_recovery()")
    }

    fn wait_until(&self, what: &'static str, sql: &str) -> Result<(), Error> {
        let deadline = Instant::now() + PATIENCE;
        while self.execute("postgres", sql)? != "t" {
            if Instant::now() > deadline {
                return Err(Error::TooSlow { what, within: PATIENCE, said: self.place.log_end() });
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }
}
