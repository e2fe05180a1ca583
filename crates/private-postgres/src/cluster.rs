//! One cluster: a folder, a port, a password and at most one running server.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Child;

use crate::account::Account;
use crate::binaries::Binaries;
use crate::error::Error;
use crate::guard::Guard;
use crate::options::Options;
use crate::psql::{Psql, check_name};
use crate::server::{Place, free_port};

mod folder;
mod standby;

/// A private PostgreSQL cluster; dropping it stops the server, and removes the folder if it was temporary.
/// On Unix the same happens when the program ends without dropping it (a `static`, a crash, SIGKILL).
///
/// Superuser is `postgres` with a random password (`scram-sha-256`), on 127.0.0.1 only.
#[derive(Debug)]
pub struct Cluster {
    place: Place,
    port: u16,
    password: String,
    server: Option<Child>,
    // Fields drop in order, after the server is stopped: the guard is called off, the lock let go, and a temporary
    // folder removed.
    guard: Guard,
    _lock: File,
    temporary: Option<tempfile::TempDir>,
}

impl Cluster {
    /// Starts the durable cluster kept in `dir`, making it if the folder is missing or empty.
    ///
    /// # Errors
    /// No PostgreSQL installed, a folder that is not ours or in use, or a server that does not start.
    pub fn start(dir: impl AsRef<Path>) -> Result<Self, Error> {
        Self::start_with(dir, Options::default())
    }

    /// As [`Cluster::start`], with options.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub fn start_with(dir: impl AsRef<Path>, options: Options) -> Result<Self, Error> {
        let account = Account::find()?;
        Self::start_in(dir.as_ref(), None, account, options)
    }

    /// Starts a new durable cluster in a folder that is removed when the cluster is dropped.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub fn start_temporary() -> Result<Self, Error> {
        Self::start_temporary_with(Options::default())
    }

    /// As [`Cluster::start_temporary`], with options.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub fn start_temporary_with(options: Options) -> Result<Self, Error> {
        let account = Account::find()?;
        let parent = account.temporary_parent();
        let temporary = tempfile::Builder::new()
            .prefix("wattle-postgres-")
            .tempdir_in(&parent)
            .map_err(Error::io("make a folder in", &parent))?;
        let dir = temporary.path().to_owned();
        Self::start_in(&dir, Some(temporary), account, options)
    }

    fn start_in(
        dir: &Path,
        temporary: Option<tempfile::TempDir>,
        account: Account,
        options: Options,
    ) -> Result<Self, Error> {
        let binaries = Binaries::find()?;
        account.check_reachable(dir)?;
        std::fs::create_dir_all(dir).map_err(Error::io("make", dir))?;
        let dir = std::path::absolute(dir).map_err(Error::io("find", dir))?;
        let place = Place { binaries, account, dir, options };
        let lock = lock(&place.dir)?;
        let password = folder::prepare(&place)?;
        place.stop_orphan()?;
        let mut guard = Guard::start(&place, temporary.is_some())?;

        let mut attempt = 0;
        let (server, port) = loop {
            let port = free_port(folder::last_port(&place))?;
            match place.start(port, &mut guard) {
                Ok(server) => break (server, port),
                // Somebody took the port between our look and the server's.
                Err(Error::DidNotStart { said }) if attempt < 5 && said.contains("could not bind") => {
                    attempt += 1
                }
                Err(error) => return Err(error),
            }
        };
        folder::note_port(&place, port)?;
        Ok(Self { place, port, password, server: Some(server), guard, _lock: lock, temporary })
    }

    /// The address of a database, for sqlx and the server: `postgres://postgres:…@127.0.0.1:PORT/NAME`.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }

    /// Creates a database unless it is there already, and returns its address.
    ///
    /// # Errors
    /// A name that needs quoting, or a server that is not running.
    pub fn create_database(&self, name: &str) -> Result<String, Error> {
        self.create_from("template0", name)
    }

    /// Copies a database that nobody is connected to (a migrated one, say): much quicker than migrating again.
    ///
    /// # Errors
    /// As [`Cluster::create_database`]; also when somebody is connected to `template`.
    pub fn copy_database(&self, template: &str, name: &str) -> Result<String, Error> {
        check_name(template)?;
        self.create_from(template, name)
    }

    fn create_from(&self, template: &str, name: &str) -> Result<String, Error> {
        check_name(name)?;
        let there = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
        if self.execute("postgres", &there)?.is_empty() {
            self.execute("postgres", &format!("CREATE DATABASE {name} TEMPLATE {template}"))?;
        }
        Ok(self.url(name))
    }

    /// Runs one statement as superuser through `psql`; returns its rows, one a line, values separated by `|`.
    ///
    /// # Errors
    /// What PostgreSQL says against the statement.
    pub fn execute(&self, database: &str, sql: &str) -> Result<String, Error> {
        let program = self.place.binaries.program("psql");
        Psql { program: &program, port: self.port, password: &self.password }.run(database, sql)
    }

    /// Runs many statements as superuser through `psql`, each in a transaction of its own; returns what all of them select.
    ///
    /// # Errors
    /// What PostgreSQL says against the first that it refuses.
    pub fn script(&self, database: &str, sql: &str) -> Result<String, Error> {
        let program = self.place.binaries.program("psql");
        Psql { program: &program, port: self.port, password: &self.password }.script(database, sql)
    }

    /// One of PostgreSQL's own client programs (`psql`, `pgbench`), told of this cluster and a database.
    #[must_use]
    pub fn client(&self, program: &str, database: &str) -> std::process::Command {
        let mut command = std::process::Command::new(self.place.binaries.program(program));
        command.env("PGHOST", "127.0.0.1").env("PGPORT", self.port.to_string()).env("PGUSER", "postgres");
        command.env("PGPASSWORD", &self.password).env("PGDATABASE", database);
        command
    }

    /// Stops the server in order ("fast" shutdown); nothing happens if it is stopped.
    ///
    /// # Errors
    /// A server that had to be killed because it did not stop in 30 s.
    pub fn stop(&mut self) -> Result<(), Error> {
        let Some(mut server) = self.server.take() else { return Ok(()) };
        let stopped = self.place.stop(&mut server);
        self.guard.note(None);
        stopped
    }

    /// Ends the server with SIGKILL, as a crash would.
    ///
    /// # Errors
    /// The system refuses the signal.
    pub fn kill(&mut self) -> Result<(), Error> {
        let Some(mut server) = self.server.take() else { return Ok(()) };
        server.kill().map_err(Error::io("kill the server in", &self.place.dir))?;
        server.wait().map_err(Error::io("wait for the server in", &self.place.dir))?;
        self.guard.note(None);
        Ok(())
    }

    /// Stops the server as PostgreSQL's "immediate" shutdown does: nothing is written any more, the next start recovers.
    ///
    /// # Errors
    /// A server that had to be killed because it did not stop in 30 s.
    pub fn stop_immediately(&mut self) -> Result<(), Error> {
        let Some(mut server) = self.server.take() else { return Ok(()) };
        let stopped = self.place.stop_immediately(&mut server);
        self.guard.note(None);
        stopped
    }

    /// Starts the server again on the same port and folder; stops it first if it runs.
    ///
    /// # Errors
    /// A server that does not start, for example because its port was taken meanwhile.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.stop()?;
        self.server = Some(self.place.start(self.port, &mut self.guard)?);
        Ok(())
    }

    /// The server's pid while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(Child::id)
    }

    /// The port on 127.0.0.1, the same for the life of this value.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The cluster's folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.place.dir
    }

    /// Keeps a temporary cluster's folder when it is dropped, for looking into a failure; returns it.
    ///
    /// # Errors
    /// The system refuses a process.
    pub fn keep(&mut self) -> Result<PathBuf, Error> {
        self.guard = Guard::start(&self.place, false)?;
        self.guard.note(self.server.as_ref());
        Ok(self.temporary.take().map_or_else(|| self.place.dir.clone(), tempfile::TempDir::keep))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Nobody is left to tell; a server that would not stop has been killed by `stop`.
        let _ = self.stop();
    }
}

/// One live owner a folder: the system lets the lock go when the owner dies, however it dies.
fn lock(dir: &Path) -> Result<File, Error> {
    let path = dir.join("owner.lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(Error::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse { dir: dir.to_owned() }),
        Err(TryLockError::Error(source)) => Err(Error::io("lock", &path)(source)),
    }
}
