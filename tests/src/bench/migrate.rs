//! `migrate`: a clinic's export files into staging and into the target, the read models over it, and the verification of all
//! of it.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use wattle_private_postgres::Options;

use super::figures::Figures;
use super::machine;
use super::scale::Scale;
use crate::house::{House, today};

const PATIENTS: u32 = 50_000;
const APPOINTMENTS: u32 = 1_000_000;
/// The house's own database.
const DATABASE: &str = "wattle";
/// How often a read model is asked.
const ASKED: u32 = 300;
/// Today's list as the read model has it, on the clinic's own day.
const LIST: &str = "SELECT * FROM read_model.todays_appointments WHERE clinic_id = (SELECT id FROM clinic.clinic) \
    AND day = (SELECT (now() AT TIME ZONE time_zone)::date FROM clinic.clinic) ORDER BY start_at";

/// Makes the sample, imports it, verifies it, and copies the same staged rows by PostgreSQL's own COPY.
///
/// # Errors
/// A part of the house says no, or something is not accounted for.
pub fn run(scale: Scale) -> anyhow::Result<Figures> {
    let (patients, appointments) = (scale.of(PATIENTS, 500), scale.of(APPOINTMENTS, 5_000));
    let mut figures = Figures::new(
        "migrate",
        format!("{patients} patients and {appointments} appointments out of export files{}", scale.note()),
        "staging at least half of COPY's pace; appointments into the target in under 60 s; verify in under 30 s; under 300 MB; \
         today's list and a patient's summary p99 under 20 ms",
        "PostgreSQL's COPY of the staged appointments into a table of the same shape; of the read models, SELECT 1",
    );
    let dir = tempfile::tempdir()?;
    let mut house = House::found_on(dir.path(), Options::default().sized())?;
    let export = dir.path().join("export");
    sample(&house, &export, patients, appointments)?;
    let said = spoken(migrator(&mut house, &export, "import"))?;
    let at = |what: &str| said.lines.iter().rev().find(|(line, _)| line.starts_with(what)).map(|(_, at)| *at);
    let first = |what: &str| said.lines.iter().find(|(line, _)| line.starts_with(what)).map(|(_, at)| *at);
    let (before, staged) = (
        first("stage appointments").context("staging was not begun")?,
        at("stage appointments").context("no appointments were staged")?,
    );
    let stage = staged.saturating_sub(before);
    // What it says of each table comes when all are loaded; behind it are the read models.
    let loaded = at("appointments:").context("no appointments were loaded")?;
    let load = loaded.saturating_sub(staged);
    let floor = copy(&house, dir.path())?;
    let rows = f64::from(appointments);
    figures.put("stage_rows_per_s", rows / stage.as_secs_f64());
    figures.put("copy_rows_per_s", rows / floor.as_secs_f64());
    figures.put("floor_ratio", stage.as_secs_f64() / floor.as_secs_f64());
    figures.put("load_s", load.as_secs_f64());
    figures.put("models_s", said.took.saturating_sub(loaded).as_secs_f64());
    figures.put("import_s", said.took.as_secs_f64());
    figures.put("import_peak_mb", said.peak_mb);
    figures.spread("bare", asked(&house, |_| "SELECT 1".to_owned())?);
    let (_, list) = figures.spread("list", asked(&house, |_| LIST.to_owned())?);
    let mut drawn = house.client("psql");
    drawn.args(["-X", "-A", "-t", "-c"]).arg(format!(
        "SELECT patient_id FROM read_model.patient_summary ORDER BY md5(patient_id::text) LIMIT {ASKED}"
    ));
    let ids = String::from_utf8(drawn.output()?.stdout)?;
    let ids: Vec<&str> = ids.lines().collect();
    let (_, summary) = figures.spread("summary", asked(&house, |n| {
        let id = ids.iter().cycle().nth(n as usize).copied().unwrap_or_default();
        format!("SELECT * FROM read_model.patient_summary WHERE clinic_id = (SELECT id FROM clinic.clinic) AND patient_id = '{id}'")
    })?);
    let mut verify = migrator(&mut house, &export, "verify");
    verify.arg("--out").arg(dir.path().join("verified"));
    let verified = spoken(verify)?;
    figures.put("verify_s", verified.took.as_secs_f64());
    figures.put("verify_peak_mb", verified.peak_mb);
    figures.met = Some(
        stage <= floor * 2
            && load < Duration::from_secs(60)
            && verified.took < Duration::from_secs(30)
            && said.peak_mb.max(verified.peak_mb) < 300.0
            && list.max(summary) < 20.0,
    );
    Ok(figures)
}

fn sample(house: &House, export: &Path, patients: u32, appointments: u32) -> anyhow::Result<()> {
    let status = Command::new(&house.programs().fm_migrate)
        .args(["sample", "--patients", &patients.to_string(), "--appointments", &appointments.to_string()])
        .args(["--practitioners", "24", "--today", &today()?, "--out"])
        .arg(export)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    anyhow::ensure!(status.success(), "the sample was not made");
    Ok(())
}

fn migrator(house: &mut House, export: &Path, action: &str) -> Command {
    let mut command = Command::new(&house.programs().fm_migrate);
    command.arg(action).arg("--mapping").arg(export.join("clinic.toml")).args(["--clinic", house.clinic()]);
    command.env("DATABASE_URL", house.cluster().url(DATABASE));
    command
}

/// What a program said and when, from its start; the most memory it held.
struct Spoken {
    lines: Vec<(String, Duration)>,
    took: Duration,
    peak_mb: f64,
}

fn spoken(mut command: Command) -> anyhow::Result<Spoken> {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let (mut lines, mut peak_mb) = (Vec::new(), 0.0_f64);
    for line in BufReader::new(child.stderr.take().context("it says nothing")?).lines() {
        lines.push((line?, start.elapsed()));
        // The system forgets a program's peak with the program.
        peak_mb = peak_mb.max(machine::peak_mb(Some(child.id())));
    }
    let status = child.wait()?;
    let last = lines.last().map(|(line, _)| line.clone()).unwrap_or_default();
    anyhow::ensure!(status.success(), "it failed: {last}");
    Ok(Spoken { lines, took: start.elapsed(), peak_mb })
}

/// The staged appointments out to a file and, timed, into a table of the same shape.
fn copy(house: &House, dir: &Path) -> anyhow::Result<Duration> {
    let file: PathBuf = dir.join("appointments.copy");
    let psql = |sql: &str| -> anyhow::Result<()> {
        let status = house.client("psql").args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql]).status()?;
        anyhow::ensure!(status.success(), "psql refused");
        Ok(())
    };
    let which = "(SELECT id FROM staging.source WHERE source_table = 'appointments' LIMIT 1)";
    let columns = "source_id, position, line, record_id, mod_id, cells";
    psql(&format!(
        "\\copy (SELECT {columns} FROM staging.raw_row WHERE source_id = {which} ORDER BY position) TO '{}' (FORMAT binary)",
        file.display()
    ))?;
    psql("CREATE TABLE staging.copy_floor (LIKE staging.raw_row INCLUDING ALL)")?;
    let start = Instant::now();
    psql(&format!("\\copy staging.copy_floor ({columns}) FROM '{}' (FORMAT binary)", file.display()))?;
    Ok(start.elapsed())
}

/// A question of the read models, asked again and again over one connection: how long psql waited for each answer.
fn asked(house: &House, question: impl Fn(u32) -> String) -> anyhow::Result<Vec<Duration>> {
    let mut script = String::from("\\timing on\n");
    for n in 0..ASKED {
        writeln!(script, "{};", question(n))?;
    }
    let mut psql = house.client("psql");
    psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]);
    let mut child = psql.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut input = child.stdin.take().context("psql takes nothing")?;
    // Its answers are read meanwhile: a full pipe would stop both.
    let writes = std::thread::spawn(move || input.write_all(script.as_bytes()));
    let mut times = Vec::new();
    for line in BufReader::new(child.stdout.take().context("psql says nothing")?).lines() {
        let line = line?;
        let time = line.strip_prefix("Time: ").and_then(|rest| rest.split(' ').next()?.parse::<f64>().ok());
        times.extend(time.map(|ms| Duration::from_secs_f64(ms / 1000.0)));
    }
    writes.join().map_err(|_| anyhow::anyhow!("the questions were not written"))??;
    anyhow::ensure!(
        child.wait()?.success() && times.len() == ASKED as usize,
        "psql answered {} times",
        times.len()
    );
    Ok(times)
}
