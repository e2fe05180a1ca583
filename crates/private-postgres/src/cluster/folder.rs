//! What is in a cluster's folder: `data` (PostgreSQL's own), `password`, `port`, `postgres.log`, `owner.lock`.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::account::Account;
use crate::error::Error;
use crate::server::Place;

/// Makes the cluster if there is none yet; returns the superuser's password.
pub(crate) fn prepare(place: &Place) -> Result<String, Error> {
    let password_file = password_file(&place.dir);
    if place.data().join("PG_VERSION").is_file() && password_file.is_file() {
        return std::fs::read_to_string(&password_file).map_err(Error::io("read", &password_file));
    }
    if !only_ours(&place.dir) {
        return Err(Error::NotOurs { dir: place.dir.clone() });
    }
    place.account.give(&place.dir)?;

    let password = random_password();
    write_private(&password_file, &password)?;
    place.account.give(&password_file)?;

    let program = place.binaries.program("initdb");
    let output = place
        .account
        .command(&program, &place.dir)
        .arg("-D")
        .arg(place.data())
        .args(["-U", "postgres", "--auth=scram-sha-256", "-E", "UTF8", "--locale", locale(), "-N"])
        .arg(format!("--pwfile={}", password_file.display()))
        .output()
        .map_err(Error::io("run", &program))?;
    if output.status.success() {
        return Ok(password);
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Error::Program { program: "initdb".to_owned(), said })
}

fn password_file(dir: &Path) -> PathBuf {
    dir.join("password")
}

/// A folder for a copy of a cluster: the account's own, with the cluster's password.
pub(crate) fn prepare_copy(dir: &Path, account: Account, password: &str) -> Result<(), Error> {
    account.give(dir)?;
    write_private(&password_file(dir), password)?;
    account.give(&password_file(dir))
}

/// Byte order with UTF-8 characters; macOS and Windows know no `C.UTF-8` before PostgreSQL 17.
fn locale() -> &'static str {
    if cfg!(target_os = "linux") { "C.UTF-8" } else { "C" }
}

/// Empty but for the lock: anything else is somebody's and is left alone.
fn only_ours(dir: &Path) -> bool {
    std::fs::read_dir(dir)
        .is_ok_and(|entries| entries.flatten().all(|entry| entry.file_name() == "owner.lock"))
}

/// The port of the last run, so that a kept cluster stays where people last found it.
pub(crate) fn last_port(place: &Place) -> Option<u16> {
    std::fs::read_to_string(place.dir.join("port")).ok()?.trim().parse().ok()
}

pub(crate) fn note_port(place: &Place, port: u16) -> Result<(), Error> {
    let path = place.dir.join("port");
    std::fs::write(&path, port.to_string()).map_err(Error::io("write", &path))
}

fn random_password() -> String {
    format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple())
}

fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    let mut options = std::fs::File::options();
    options.create(true).write(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path).map_err(Error::io("write", path))?;
    file.write_all(text.as_bytes()).map_err(Error::io("write", path))
}
