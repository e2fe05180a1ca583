//! A desk as a process of its own, behind a wire of its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};

use serde_json::Value;
use wattle_tests::desk::Seat;
use wattle_tests::ledger::{self, Line};
use wattle_tests::processes::Process;
use wattle_tests::wire::{Mode, Wire};

/// One of the ten.
pub struct DeskProcess {
    pub name: String,
    /// Its clinic's place in the town.
    pub clinic: usize,
    pub wire: Wire,
    /// Where the file is; may be on a small disk.
    pub file: PathBuf,
    word: &'static str,
    dir: PathBuf,
    logs: PathBuf,
    seed: u64,
    starts: u64,
    running: Option<(Process, ChildStdin)>,
    working: bool,
}

/// How to make one.
pub struct NewDesk<'a> {
    pub name: String,
    pub clinic: usize,
    pub word: &'static str,
    pub seat: Seat,
    /// The nodes, the nearest first.
    pub nodes: Vec<&'a str>,
    pub dir: &'a Path,
    pub seed: u64,
}

impl DeskProcess {
    pub async fn new(new: NewDesk<'_>) -> Self {
        let NewDesk { name, clinic, word, seat, nodes, dir, seed } = new;
        let logs = dir.join("logs");
        let dir = dir.join(&name);
        std::fs::create_dir_all(&dir).unwrap();
        seat.write(&dir.join("seat.json")).unwrap();
        let wire = Wire::to_one_of(&nodes, Mode::Pass).await.unwrap();
        let file = dir.join("clinic.db");
        Self { name, clinic, wire, file, word, dir, logs, seed, starts: 0, running: None, working: false }
    }

    pub fn start(&mut self) {
        if self.running.is_some() {
            return;
        }
        self.starts += 1;
        let mut command = Command::new(env!("CARGO_BIN_EXE_headless"));
        command.arg("--seat").arg(self.dir.join("seat.json")).arg("--file").arg(&self.file);
        command.arg("--ledger").arg(self.ledger_path()).args(["--url", self.wire.url(), "--word", self.word]);
        command.args(["--seed", &(self.seed.wrapping_add(self.starts * 1000)).to_string()]);
        command.env("RUST_LOG", "info").stdin(Stdio::piped());
        let name = format!("{}-{}", self.name, self.starts);
        let mut process = Process::start_with_stdin(&name, &mut command, &self.logs).unwrap();
        let stdin = process.take_stdin().unwrap();
        self.running = Some((process, stdin));
        if self.working {
            self.tell("work");
        }
    }

    pub fn kill(&mut self) {
        if let Some((mut process, _)) = self.running.take() {
            process.kill();
        }
    }

    pub fn work(&mut self) {
        self.working = true;
        self.tell("work");
    }

    pub fn rest(&mut self) {
        self.working = false;
        self.tell("quiet");
    }

    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    fn tell(&mut self, word: &str) {
        if let Some((_, stdin)) = &mut self.running {
            writeln!(stdin, "{word}").unwrap_or_else(|_| panic!("{} is not there any more", self.name));
        }
    }

    /// Ends it in order, and waits until its file is closed.
    pub async fn end(&mut self) {
        self.tell("end");
        let Some((mut process, stdin)) = self.running.take() else { return };
        let ended = |p: &Process| p.stdout().lines().last()?.contains("ended").then_some(());
        process.wait_for("ends", super::town::PATIENCE, ended).await.unwrap();
        drop(stdin);
        process.stop();
    }

    /// The last word of how it stands; fails if it ended by itself.
    pub fn standing(&mut self) -> Option<Value> {
        let (process, _) = self.running.as_mut()?;
        process.check_running().unwrap();
        serde_json::from_str(process.stdout().lines().last()?).ok()
    }

    /// As it said last, whether or not it still runs.
    pub fn last_standing(&self) -> String {
        let said = self.running.as_ref().map(|(process, _)| process.stdout()).unwrap_or_default();
        said.lines().last().unwrap_or("not running").to_owned()
    }

    /// The end of what it logged, for a failure's report.
    pub fn last_words(&self) -> String {
        let said = self.running.as_ref().map(|(process, _)| process.stderr()).unwrap_or_default();
        let lines: Vec<&str> = said.lines().rev().take(8).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    pub fn ledger(&self) -> Vec<Line> {
        ledger::read(&self.ledger_path()).unwrap()
    }

    pub fn seat(&self) -> Seat {
        Seat::read(&self.dir.join("seat.json")).unwrap()
    }

    fn ledger_path(&self) -> PathBuf {
        self.dir.join("ledger.jsonl")
    }
}
