//! SQL through PostgreSQL's own client, so that this crate needs no driver and no runtime.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::error::Error;

/// Where and as whom to connect.
#[derive(Debug)]
pub(crate) struct Psql<'a> {
    pub(crate) program: &'a Path,
    pub(crate) port: u16,
    pub(crate) password: &'a str,
}

impl Psql<'_> {
    /// Runs one statement and returns what it selects: values separated by `|`, a row a line.
    pub(crate) fn run(&self, database: &str, sql: &str) -> Result<String, Error> {
        let output = self.command(database).args(["-c", sql]).output();
        Self::said(output.map_err(Error::io("run", self.program))?)
    }

    /// Runs many statements, each a transaction of its own.
    pub(crate) fn script(&self, database: &str, sql: &str) -> Result<String, Error> {
        let mut child = self
            .command(database)
            .args(["-f", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(Error::io("run", self.program))?;
        if let Some(mut stdin) = child.stdin.take() {
            // What broke off the reading is in its own words.
            let _ = stdin.write_all(sql.as_bytes());
        }
        Self::said(child.wait_with_output().map_err(Error::io("run", self.program))?)
    }

    fn command(&self, database: &str) -> Command {
        let mut command = Command::new(self.program);
        command
            .args(["-X", "-w", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1"])
            .args(["-p", &self.port.to_string(), "-U", "postgres", "-d", database])
            // Through the environment: arguments are readable by every user of the machine.
            .env("PGPASSWORD", self.password);
        command
    }

    fn said(output: Output) -> Result<String, Error> {
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(Error::Program { program: "psql".to_owned(), said });
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }
}

/// Accepts only names that need no quoting anywhere.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain && name.len() <= 63 && name.starts_with(|c: char| c.is_ascii_lowercase()) {
        Ok(())
    } else {
        Err(Error::BadName { name: name.to_owned() })
    }
}
