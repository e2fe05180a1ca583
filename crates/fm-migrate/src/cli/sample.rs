//! `fm-migrate sample`.

use std::path::PathBuf;

use anyhow::Context as _;
use chrono::{NaiveDate, NaiveTime, Timelike as _};
use clap::Args;
use wattle_fm_migrate::ids::SourceTable;
use wattle_fm_migrate::sample;

#[derive(Debug, Args)]
pub(super) struct Sample {
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
    /// Notes; with them come allergies, medicines, measured values, recalls, letters, accounts and a log.
    #[arg(long, default_value_t = 0)]
    notes: u32,
    /// Documents with their files.
    #[arg(long, default_value_t = 0)]
    documents: u32,
    /// How large a document's file is at least, KiB; some 10 if not given.
    #[arg(long, default_value_t = 0)]
    file_kib: u32,
    /// The day of the export, YYYY-MM-DD.
    #[arg(long)]
    today: NaiveDate,
    /// The clinic's clock at the export, HH:MM: who is done, in consult and waiting.
    #[arg(long, default_value = "11:00", value_parser = clock)]
    now: NaiveTime,
    /// The folder to write to, new or empty.
    #[arg(long)]
    out: PathBuf,
}

fn clock(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| "a time such as 11:00 is wanted".into())
}

impl Sample {
    pub(super) fn run(&self) -> anyhow::Result<()> {
        let full = std::fs::read_dir(&self.out).is_ok_and(|mut files| files.next().is_some());
        anyhow::ensure!(!full, "{} is not empty: a sample goes into a new folder", self.out.display());
        let plan = sample::Plan {
            seed: self.seed,
            patients: self.patients,
            practitioners: self.practitioners,
            appointments: self.appointments,
            notes: self.notes,
            documents: self.documents,
            file_kib: self.file_kib,
            today: self.today,
            now_min: self.now.hour() * 60 + self.now.minute(),
        };
        let truth = sample::write(&plan, &self.out).context("the sample clinic was not written")?;
        let mut counts = serde_json::Map::new();
        for of in SourceTable::ALL {
            let (name, table) = (of.as_str(), truth.table(of));
            if SourceTable::OF_RECORD.contains(&of) && table.read == 0 {
                continue;
            }
            let rejected = table.rejects.len();
            eprintln!("{name}: {} records, {rejected} of them to be rejected", table.read);
            let count =
                serde_json::json!({ "read": table.read, "loaded": table.loaded, "rejected": rejected });
            counts.insert(name.into(), count);
        }
        println!("{}", serde_json::Value::Object(counts));
        Ok(())
    }
}
