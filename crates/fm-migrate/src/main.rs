//! The command line of the migrator. Words to the user and exit codes; every rule is in the library.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::PathBuf;

use anyhow::Context;
use chrono::{NaiveDate, NaiveTime, Timelike};
use clap::{Args, Parser, Subcommand};
use wattle_domain::ClinicId;
use wattle_fm_migrate::cutover::{self, Step, Undone};
use wattle_fm_migrate::draft;
use wattle_fm_migrate::extract;
use wattle_fm_migrate::ids::SourceTable;
use wattle_fm_migrate::import::{Request, import};
use wattle_fm_migrate::report::Report;
use wattle_fm_migrate::sample;
use wattle_fm_migrate::wire::metadata::Metadata;
use wattle_fm_migrate::wire::{Account, Route};
use wattle_fm_migrate::{status, verify};

/// Moves a clinic out of FileMaker.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write a made-up clinic in FileMaker's export formats, with FileMaker's dirt. The last line on stdout counts it as JSON.
    Sample(SampleArgs),
    /// Load a clinic's exports into PostgreSQL. A second time changes nothing. The last line on stdout is the report as JSON.
    Import(ImportArgs),
    /// Read a clinic's records out of FileMaker Server into staging. A second time only what changed. Killed, it goes on where
    /// it was. The last line on stdout is the report as JSON.
    Extract(ExtractArgs),
    /// Say where each table stands. The last line on stdout is the same as JSON.
    Status(StatusArgs),
    /// Compare what is in Wattle with what FileMaker gave, row by row; write report.html, report.json and spot.html. Ends with
    /// an error when something is not accounted for.
    Verify(VerifyArgs),
    /// Walk the checklist of the night of the cutover; interrupted, it goes on where it was. The last line on stdout is where it
    /// stands, as JSON.
    Cutover(CutoverArgs),
    /// Draft a mapping from a file's $metadata: tables, keys, fields, and columns that deserve a look. The last line on stdout
    /// counts them as JSON.
    DraftMapping(DraftArgs),
}

#[derive(Debug, Args)]
struct DraftArgs {
    /// The saved answer to `https://HOST/fmi/odata/v4/FILE/$metadata`.
    #[arg(long)]
    metadata: PathBuf,
    /// The FileMaker file's name.
    #[arg(long)]
    file: String,
    /// Where the draft goes; a file that is there is not written over.
    #[arg(long, default_value = "draft.toml")]
    out: PathBuf,
}

#[derive(Debug, Args)]
struct CutoverArgs {
    #[command(flatten)]
    from: ExtractArgs,
    /// The name of the person who answers for it.
    #[arg(long)]
    by: String,
    /// Everything but freezing FileMaker and switching over.
    #[arg(long, conflicts_with = "undo")]
    rehearsal: bool,
    /// Steps that are confirmed beforehand: freeze, switch, mark_read_only. The others are asked for.
    #[arg(long)]
    confirm: Vec<String>,
    /// Take the switch back; not possible once somebody has written in Wattle.
    #[arg(long)]
    undo: bool,
    /// Where what was written since the switch goes, when it cannot be undone.
    #[arg(long, default_value = "written-since.jsonl")]
    export: PathBuf,
    /// The folder for the report.
    #[arg(long, default_value = "verified")]
    out: PathBuf,
    /// The ticks that somebody has saved from the spot-check page.
    #[arg(long)]
    ticked: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct StatusArgs {
    /// As wattle_migrator, or as somebody who may become it.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// The clinic's id.
    #[arg(long)]
    clinic: ClinicId,
}

#[derive(Debug, Args)]
struct VerifyArgs {
    #[command(flatten)]
    of: ImportArgs,
    /// The folder for the report.
    #[arg(long, default_value = "verified")]
    out: PathBuf,
    /// Records of each table on the spot-check page.
    #[arg(long, default_value_t = 20)]
    spot: u32,
    /// The ticks that somebody has saved from the spot-check page.
    #[arg(long)]
    ticked: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct ImportArgs {
    /// The mapping file; the exports lie beside it.
    #[arg(long)]
    mapping: PathBuf,
    /// As wattle_migrator, or as somebody who may become it. Better given in the environment: arguments are visible.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// The clinic's id.
    #[arg(long)]
    clinic: ClinicId,
    /// Where records come from, where not as the mapping says: file, odata, data_api.
    #[arg(long)]
    route: Option<Route>,
}

#[derive(Debug, Args)]
struct ExtractArgs {
    #[command(flatten)]
    to: ImportArgs,
    /// FileMaker's account: one that sees every record.
    #[arg(long, env = "FM_USER")]
    fm_user: String,
    /// Its password. In the environment: arguments are visible.
    #[arg(long, env = "FM_PASSWORD", hide_env_values = true)]
    fm_password: String,
}

#[derive(Debug, Args)]
struct SampleArgs {
    /// The same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Patients that load; the dirty ones come on top.
    #[arg(long, default_value_t = 5_000)]
    patients: u32,
    /// Practitioners who work there; two who have left come on top.
    #[arg(long, default_value_t = 6)]
    practitioners: u32,
    /// Appointments that load; the dirty ones come on top.
    #[arg(long, default_value_t = 60_000)]
    appointments: u32,
    /// The day of the export, YYYY-MM-DD.
    #[arg(long)]
    today: NaiveDate,
    /// The clinic's clock at the export, HH:MM: who is done, in consult and waiting.
    #[arg(long, default_value = "11:00", value_parser = clock)]
    now: NaiveTime,
    /// The folder to write to.
    #[arg(long)]
    out: PathBuf,
}

fn clock(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| "a time such as 11:00 is wanted".into())
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().action {
        Action::Sample(args) => make_sample(&args),
        Action::Import(args) => runtime()?.block_on(run_import(args)),
        Action::Extract(args) => runtime()?.block_on(run_extract(args)),
        Action::Status(args) => runtime()?.block_on(run_status(args)),
        Action::Verify(args) => runtime()?.block_on(run_verify(args)),
        Action::DraftMapping(args) => draft_mapping(&args),
        Action::Cutover(args) => runtime()?.block_on(run_cutover(args)),
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")
}

async fn run_extract(args: ExtractArgs) -> anyhow::Result<()> {
    let ImportArgs { mapping, database_url, clinic, route } = args.to;
    let account = Account { user: args.fm_user, password: args.fm_password };
    let request = extract::Request { mapping, database_url, clinic, account, route };
    let done = extract::extract(&request, &progress).await.context("the extract stopped")?;
    for (name, table) in &done {
        let witness = table.witness.map_or_else(|| "not asked".to_owned(), |n| n.to_string());
        eprintln!(
            "{name} by {}: {} staged; FileMaker counts {}, its other interface {witness}; {} new, {} changed, {} gone",
            table.route, table.records, table.found, table.paged.new, table.paged.changed, table.gone
        );
        if table.renumbered {
            eprintln!("  the file was cloned or restored since: everything was read again");
        }
    }
    println!("{}", serde_json::to_string(&done)?);
    Ok(())
}

async fn run_status(args: StatusArgs) -> anyhow::Result<()> {
    let tables = status::status(&args.database_url, args.clinic).await?;
    for t in &tables {
        let of = t.found.map_or_else(String::new, |n| format!(" of {n}"));
        let left = t.seconds_left.map_or_else(String::new, |s| format!(", about {:.0} s left", s.ceil()));
        let loaded = match (t.loaded, t.rejected) {
            (Some(loaded), Some(rejected)) => format!("; {loaded} loaded, {rejected} rejected"),
            _ => "; not imported".to_owned(),
        };
        eprintln!("{} by {}: {}, {}{of} staged{left}{loaded}", t.table, t.route, t.state, t.staged);
    }
    println!("{}", serde_json::to_string(&tables)?);
    Ok(())
}

async fn run_verify(args: VerifyArgs) -> anyhow::Result<()> {
    let ImportArgs { mapping, database_url, clinic, .. } = args.of;
    let VerifyArgs { out, spot, ticked, .. } = args;
    let request = verify::Request { mapping, database_url, clinic, out: out.clone(), spot, ticked };
    let verified = verify::verify(&request).await.context("nothing was verified")?;
    for c in &verified.counts {
        eprintln!("{}: {} staged = {} loaded + {} rejected", c.table, c.staged, c.loaded, c.rejected());
    }
    for d in verified.differences.iter().filter(|d| d.why == verify::Why::Unexplained).take(20) {
        eprintln!("{} {}: {:?} {}", d.table, d.id, d.what, d.columns.join(", "));
    }
    eprintln!("see {}", out.join("report.html").display());
    println!("{}", serde_json::to_string(&verified)?);
    anyhow::ensure!(verified.good, "something is not accounted for: see the report");
    Ok(())
}

fn draft_mapping(args: &DraftArgs) -> anyhow::Result<()> {
    let path = args.metadata.display();
    let text = std::fs::read_to_string(&args.metadata).with_context(|| path.to_string())?;
    let metadata =
        Metadata::read(&text).map_err(|why| anyhow::anyhow!("{path}: {}. Save $metadata again.", why.0))?;
    let tables = draft::draft(&metadata);
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&args.out)
        .with_context(|| format!("{}: give another name with --out", args.out.display()))?;
    std::io::Write::write_all(&mut file, draft::write(&args.file, &tables).as_bytes())?;
    for t in &tables {
        let ours = t.ours.map_or_else(
            || "no table of ours".to_owned(),
            |ours| format!("{ours}, {} fields", t.mapped.len()),
        );
        eprintln!("{}: {} fields; {ours}; {} columns to look at", t.name, t.fields, t.doubts.len());
    }
    let count = |f: &dyn Fn(&draft::Drafted) -> usize| tables.iter().map(f).sum::<usize>();
    println!(
        "{}",
        serde_json::json!({
            "tables": tables.len(),
            "fields": count(&|t| t.fields),
            "mapped": count(&|t| t.mapped.len()),
            "references": count(&|t| t.references.len()),
            "doubts": count(&|t| t.doubts.len()),
        })
    );
    Ok(())
}

async fn run_cutover(args: CutoverArgs) -> anyhow::Result<()> {
    let ImportArgs { mapping, database_url, clinic, route } = args.from.to;
    if args.undo {
        return match cutover::undo(&database_url, clinic, &args.by, &args.export).await? {
            Undone::Undone => {
                eprintln!("undone: nobody has written in Wattle. Open the accounts in FileMaker again.");
                Ok(())
            }
            Undone::Written(rows) => anyhow::bail!(
                "not undone: {rows} rows were written in Wattle since the switch. They are in {}; enter them in FileMaker before \
                 you go back, or stay in Wattle.",
                args.export.display()
            ),
        };
    }
    let account = Account { user: args.from.fm_user, password: args.from.fm_password };
    let CutoverArgs { by, rehearsal, out, ticked, confirm, .. } = args;
    let request =
        cutover::Request { mapping, database_url, clinic, account, route, out, by, rehearsal, ticked };
    let mut ask = |step: Step| {
        confirm.iter().any(|c| c == step.as_str()) || {
            eprintln!(
                "\n{}\nType {} to confirm, or anything else to stop here:",
                step.asks().unwrap_or_default(),
                step.as_str()
            );
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).is_ok() && line.trim() == step.as_str()
        }
    };
    let stands = cutover::cutover(&request, &mut ask, &progress)
        .await
        .context("the cutover stopped; run it again to go on")?;
    for (step, seconds) in &stands.done {
        eprintln!("done {}: {seconds:.1} s", step.as_str());
    }
    println!("{}", serde_json::to_string(&stands)?);
    match (stands.waits, stands.why) {
        (Some(step), why) => anyhow::bail!("waits at {}: {}", step.as_str(), why.unwrap_or_default()),
        _ if stands.switched => eprintln!("the clinic works in Wattle"),
        _ => eprintln!("the rehearsal is over: nothing was switched"),
    }
    Ok(())
}

fn progress(what: &'static str, table: SourceTable, done: u64, of: u64) {
    eprintln!("{what} {}: {done} of {of}", table.as_str());
}

fn make_sample(args: &SampleArgs) -> anyhow::Result<()> {
    let plan = sample::Plan {
        seed: args.seed,
        patients: args.patients,
        practitioners: args.practitioners,
        appointments: args.appointments,
        today: args.today,
        now_min: args.now.hour() * 60 + args.now.minute(),
    };
    let truth = sample::write(&plan, &args.out).context("the sample clinic was not written")?;
    let mut counts = serde_json::Map::new();
    for (name, table) in [
        ("practitioners", &truth.practitioners),
        ("patients", &truth.patients),
        ("appointments", &truth.appointments),
    ] {
        let rejected = table.rejects.len();
        eprintln!("{name}: {} records, {rejected} of them to be rejected", table.read);
        let count = serde_json::json!({ "read": table.read, "loaded": table.loaded, "rejected": rejected });
        counts.insert(name.into(), count);
    }
    println!("{}", serde_json::Value::Object(counts));
    Ok(())
}

async fn run_import(args: ImportArgs) -> anyhow::Result<()> {
    let ImportArgs { mapping, database_url, clinic, route } = args;
    let request = Request { mapping, database_url, clinic, route };
    let report = import(&request, &progress).await.context("the import stopped")?;
    show(&report);
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}

/// The account of every row, for people.
fn show(report: &Report) {
    for (name, table) in &report.tables {
        if table.read > 0 {
            eprintln!("{name}: {} read = {} loaded + {} rejected", table.read, table.loaded, table.rejected);
        }
        for (code, count) in &table.rejects {
            eprintln!("  rejected {count} {}", code.as_str());
        }
        for (code, count) in &table.notes {
            eprintln!("  noted {count} {}", code.as_str());
        }
        for (target, rows) in &table.targets {
            eprintln!(
                "  {target}: {} new, {} changed, {} removed, {} kept as changed here, {} as before",
                rows.inserted, rows.updated, rows.removed, rows.kept, rows.unchanged
            );
        }
    }
    eprintln!("{} rows written in {:.1} s", report.written, report.seconds);
}
