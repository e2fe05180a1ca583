//! `demo --clinic large`: a clinic of twenty years leaves FileMaker twice, by its exports and by its server.
//!
//! The way by the server is killed ten times at random moments. Both ways must give the same target, to the checksum; a second
//! run must write nothing; every record must be accounted for. Owns: the order of the acts and what must be true after each.
//! Must never: reach into what `fm-migrate` does: it sees what a clinic's IT person sees.
//! Called by: the demo program, a test with a small clinic.
#![allow(clippy::print_stderr)]

mod program;

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, ensure};
use serde::Serialize;
use serde_json::Value;
use wattle_private_postgres::Options;

use crate::dice::Dice;
use crate::house::{House, today};
use program::{Ended, Migrator, Standin, run_to_end};

/// How often the way by the server is killed.
const KILLS: usize = 10;
/// A kill comes after as many lines of progress at most.
const LINES: usize = 20;

/// How big the clinic is.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Size {
    /// Patients that load.
    pub patients: u32,
    /// Appointments that load.
    pub appointments: u32,
    /// Notes; with them come allergies, medicines, measured values, recalls, letters, accounts and a log.
    pub notes: u32,
    /// Records of documents, each with a file or two.
    pub documents: u32,
}

impl Size {
    /// Twenty years of a large clinic.
    pub const LARGE: Self =
        Self { patients: 50_000, appointments: 1_000_000, notes: 200_000, documents: 20_000 };
}

/// What was seen.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    #[serde(flatten)]
    size: Size,
    read: u64,
    loaded: u64,
    rejected: u64,
    files: u64,
    kills: usize,
    tables_compared: usize,
    written_by_second_run: u64,
    by_files_s: f64,
    by_server_s: f64,
    verify_s: f64,
}

/// Plays it all in `dir`, which should be empty.
///
/// # Errors
/// A program fails, or something is not as it must be: another target by the other way, a record that is nowhere, a second run
/// that writes.
pub fn play(dir: &Path, size: Size, seed: u64) -> anyhow::Result<Figures> {
    let say = |what: &str| eprintln!("  {what}");
    let house = House::found_on(&dir.join("house"), Options::quick().sized())?;
    let export = dir.join("export");
    say("writing the sample clinic in FileMaker's formats, with FileMaker's dirt");
    sample(&house, &export, size, seed)?;
    // The same empty clinic twice: with one id, so that rows of one record get one id both ways.
    let twin = house.twin("by_files")?;
    let (by_files, by_server) = (
        Migrator::new(&house, &export, twin, "file", &dir.join("blobs-by-files")),
        Migrator::new(&house, &export, house.migrator_url(), "odata", &dir.join("blobs-by-server")),
    );

    let start = Instant::now();
    say("by its exports: the documents' files, then every record");
    let stored = run_to_end(by_files.command("containers"))?;
    let report = run_to_end(by_files.command("import"))?;
    adds_up(&report)?;
    let by_files_s = start.elapsed().as_secs_f64();

    let start = Instant::now();
    say("by its server: OData for rows, the Data API for files, killed ten times on the way");
    let _standin = Standin::start(&export)?;
    let kills = killed_on_the_way(&by_server, &mut Dice::new(seed, 7))?;
    let again = run_to_end(by_server.command("containers"))?;
    ensure!(count(&again, "stored")? == 0, "a second copy of the files stored some again");
    let second = run_to_end(by_server.command("import"))?;
    let by_server_s = start.elapsed().as_secs_f64();
    adds_up(&second)?;
    ensure!(count(&second, "written")? == 0, "a second run wrote {} rows", count(&second, "written")?);
    ensure!(
        count(&second, "loaded")? == count(&report, "loaded")?,
        "{} records loaded by files, {} by the server",
        count(&report, "loaded")?,
        count(&second, "loaded")?
    );

    let start = Instant::now();
    say("comparing both targets with what FileMaker gave, row by row");
    let (files, server) =
        (verified(&by_files, &dir.join("by-files"))?, verified(&by_server, &dir.join("by-server"))?);
    let verify_s = start.elapsed().as_secs_f64() / 2.0;
    for (table, root) in &files {
        let other = server.get(table).with_context(|| format!("{table} is missing by the server"))?;
        ensure!(root == other, "{table} differs: {root} by files, {other} by the server");
    }
    ensure!(files.len() == server.len(), "by the server there are other tables");
    Ok(Figures {
        size,
        read: count(&report, "read")?,
        loaded: count(&report, "loaded")?,
        rejected: count(&report, "rejected")?,
        files: count(&stored, "stored")?,
        kills,
        tables_compared: files.len(),
        written_by_second_run: count(&second, "written")?,
        by_files_s,
        by_server_s,
        verify_s,
    })
}

fn sample(house: &House, export: &Path, size: Size, seed: u64) -> anyhow::Result<()> {
    let mut sample = std::process::Command::new(&house.programs().fm_migrate);
    sample.arg("sample").arg("--out").arg(export).args(["--practitioners", "24", "--today", &today()?]);
    for (flag, n) in [
        ("--seed", seed),
        ("--patients", size.patients.into()),
        ("--appointments", size.appointments.into()),
        ("--notes", size.notes.into()),
        ("--documents", size.documents.into()),
    ] {
        sample.args([flag, &n.to_string()]);
    }
    run_to_end(sample).map(drop)
}

/// Extract, files and import by the server's way; gives how often they were killed. Kills that a step had no time for are left to
/// the next, and to whole runs after the last.
fn killed_on_the_way(way: &Migrator, dice: &mut Dice) -> anyhow::Result<usize> {
    let mut kills = 0;
    for (action, until) in [("extract", 4), ("containers", 7), ("import", KILLS)] {
        loop {
            let lines = (kills < until).then(|| 1 + dice.below(LINES));
            match program::run_for(way.command(action), lines)? {
                Ended::Killed => {
                    kills += 1;
                    eprintln!("    {action}: killed, {kills} of {KILLS}");
                }
                Ended::Done if kills < until && action == "import" => {}
                Ended::Done => break,
                // The one that was killed is not yet gone from the database.
                Ended::Busy => std::thread::yield_now(),
            }
        }
    }
    Ok(kills)
}

/// Every record that was read is loaded or rejected, in each table.
fn adds_up(report: &Value) -> anyhow::Result<()> {
    let tables = report.get("tables").and_then(Value::as_object).context("the report has no tables")?;
    for (name, table) in tables {
        let (read, loaded, rejected) =
            (count(table, "read")?, count(table, "loaded")?, count(table, "rejected")?);
        ensure!(
            read == loaded + rejected,
            "{name}: read {read} is not loaded {loaded} + rejected {rejected}"
        );
    }
    Ok(())
}

/// Verifies a target; its tables with what their checksum trees end in.
fn verified(way: &Migrator, out: &Path) -> anyhow::Result<std::collections::BTreeMap<String, String>> {
    let mut verify = way.command("verify");
    verify.arg("--out").arg(out);
    let said = run_to_end(verify)?;
    let tables = said.get("tables").and_then(Value::as_array).context("nothing was compared")?;
    let mut roots = std::collections::BTreeMap::new();
    for table in tables {
        let word =
            |name: &str| table.get(name).and_then(Value::as_str).with_context(|| format!("no {name:?}"));
        ensure!(
            word("expected_root")? == word("actual_root")?,
            "{} is not what FileMaker gave",
            word("table")?
        );
        roots.insert(
            word("table")?.to_owned(),
            format!("{} {}", count(table, "actual")?, word("actual_root")?),
        );
    }
    ensure!(!roots.is_empty(), "nothing was compared");
    Ok(roots)
}

fn count(of: &Value, name: &str) -> anyhow::Result<u64> {
    of.get(name).and_then(Value::as_u64).with_context(|| format!("no number {name:?} in the report"))
}
