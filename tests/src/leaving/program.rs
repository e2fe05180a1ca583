//! `fm-migrate` and the stand-in for FileMaker Server as programs: run to their end, or killed on the way.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};
use serde_json::Value;

use crate::house::{House, Programs};

/// One way out of FileMaker into one database.
pub(super) struct Migrator {
    program: PathBuf,
    mapping: PathBuf,
    clinic: String,
    database_url: String,
    route: &'static str,
    blobs: PathBuf,
}

impl Migrator {
    pub(super) fn new(
        house: &House,
        export: &Path,
        database_url: String,
        route: &'static str,
        blobs: &Path,
    ) -> Self {
        Self {
            program: house.programs().fm_migrate.clone(),
            mapping: export.join("clinic.toml"),
            clinic: house.clinic().to_owned(),
            database_url,
            route,
            blobs: blobs.to_owned(),
        }
    }

    pub(super) fn command(&self, action: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(action).arg("--mapping").arg(&self.mapping).args([
            "--clinic",
            &self.clinic,
            "--route",
            self.route,
        ]);
        command.env("DATABASE_URL", &self.database_url).env("WATTLE_BLOBS", &self.blobs);
        // What the stand-in asks for.
        command.env("FM_USER", "migrator").env("FM_PASSWORD", "read-only");
        command
    }
}

/// How a run ended.
pub(super) enum Ended {
    Killed,
    Done,
    /// Another one holds the clinic's import.
    Busy,
}

/// Runs until so many lines of progress were said, then kills; to its end without a number.
pub(super) fn run_for(mut command: Command, lines: Option<usize>) -> anyhow::Result<Ended> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let mut said = Vec::new();
    for line in BufReader::new(child.stderr.take().context("it says nothing")?).lines() {
        said.push(line?);
        if lines.is_some_and(|lines| said.len() == lines) {
            child.kill()?;
        }
    }
    let status = child.wait()?;
    match () {
        () if status.success() => Ok(Ended::Done),
        () if said.iter().any(|line| line.contains("another import is running")) => Ok(Ended::Busy),
        () if status.code().is_none() => Ok(Ended::Killed),
        () => bail!("it failed: {}", last(&said)),
    }
}

/// Runs to the end; gives the JSON of its last line.
pub(super) fn run_to_end(mut command: Command) -> anyhow::Result<Value> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut out = child.stdout.take().context("it says nothing")?;
    // Both pipes at once: one that is full would hold it for ever.
    let answer = std::thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).map(|_| text)
    });
    let said: Vec<String> =
        BufReader::new(child.stderr.take().context("it says nothing")?).lines().collect::<Result<_, _>>()?;
    let status = child.wait()?;
    let text = answer.join().map_err(|_| anyhow::anyhow!("its answer was not read"))??;
    anyhow::ensure!(status.success(), "{} failed: {}", command.get_program().display(), last(&said));
    Ok(serde_json::from_str(text.lines().last().unwrap_or("null"))?)
}

fn last(said: &[String]) -> String {
    said.get(said.len().saturating_sub(4)..).unwrap_or_default().join("\n")
}

/// The stand-in for FileMaker Server, over a sample's folder, until it is dropped.
pub(super) struct Standin {
    child: Child,
}

impl Standin {
    /// Started, and the sample's mapping says where it is.
    pub(super) fn start(sample: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(Programs::standin()?);
        command.arg("--teach").arg("--sample").arg(sample).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("the stand-in does not start")?;
        let mut url = String::new();
        BufReader::new(child.stdout.take().context("it says nothing")?).read_line(&mut url)?;
        anyhow::ensure!(url.starts_with("http"), "the stand-in gave no address");
        Ok(Self { child })
    }
}

impl Drop for Standin {
    fn drop(&mut self) {
        // It ends with its input; killed as well, lest a reply in hand hold it.
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
