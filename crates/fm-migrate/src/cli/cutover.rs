//! `fm-migrate cutover`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use wattle_fm_migrate::cutover::{self, Step, Undone};

use super::{extract, import, progress};

#[derive(Debug, Args)]
pub(super) struct Cutover {
    #[command(flatten)]
    from: extract::Extract,
    /// The name of the person who answers for it.
    #[arg(long, required_unless_present = "export")]
    by: Option<String>,
    /// Everything but switching over. FileMaker is frozen only where the mapping names scripts, and thawed at the end.
    #[arg(long, conflicts_with = "undo")]
    rehearsal: bool,
    /// Steps that are confirmed beforehand: freeze, switch, mark_read_only. The others are asked for.
    #[arg(long, value_delimiter = ',', value_parser = ["freeze", "switch", "mark_read_only"])]
    confirm: Vec<String>,
    /// Take the switch back; not possible once somebody has written in Wattle.
    #[arg(long)]
    undo: bool,
    /// Write what people have written in Wattle since the switch into this new folder, a file for each table. It is about
    /// patients. `wattle-server keys open` opens what the server has sealed in it.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["undo", "rehearsal"])]
    export: Option<PathBuf>,
    /// The folder for the report: `cutover`, of a rehearsal `rehearsal`, where nothing is said.
    #[arg(long)]
    out: Option<PathBuf>,
    /// The ticks that somebody has saved from the spot-check page. Those that were given to `verify` before hold anyway, as
    /// long as their records are the same. Given while the switch waits, everything is verified once more.
    #[arg(long, value_name = "FILE")]
    ticked: Option<PathBuf>,
    /// Where blobs are, as `wattle-server serve` has it; for documents.
    #[arg(long, env = "WATTLE_BLOBS")]
    blobs: Option<String>,
}

impl Cutover {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let (map_key, account) = (self.from.to.map_key()?, self.from.account());
        let by = self.by.unwrap_or_default();
        let import::Import { mapping, database_url, clinic, route, .. } = self.from.to;
        if let Some(folder) = &self.export {
            let exported = cutover::export(&database_url, clinic, folder).await?;
            for (table, rows) in &exported.tables {
                eprintln!("{table}: {rows}");
            }
            if exported.sealed > 0 {
                eprintln!(
                    "{} rows have values that the server has sealed. With its key: wattle-server keys open --clinic {clinic} \
                     --folder {}",
                    exported.sealed,
                    folder.display()
                );
            }
            println!("{}", serde_json::to_string(&exported)?);
            return Ok(());
        }
        let Self { rehearsal, undo, out, ticked, confirm, blobs, .. } = self;
        let out = out.unwrap_or_else(|| if rehearsal { "rehearsal" } else { "cutover" }.into());
        let request = cutover::Request {
            mapping,
            database_url,
            clinic,
            account,
            route,
            out,
            by,
            rehearsal,
            ticked,
            blobs,
            map_key,
            typesetter: Some(super::verify::pdf),
        };
        if undo {
            return match cutover::undo(&request).await? {
                Undone::Undone { switched, frozen, thawed, closed } => {
                    let what = match switched {
                        true => "undone: nobody had written in Wattle since the switch.",
                        false => "given up: nothing had been switched over.",
                    };
                    let filemaker = match (frozen, thawed) {
                        (false, _) => {
                            "The freeze is not on the list: see in FileMaker whether people can write."
                        }
                        (true, true) => "The script has opened FileMaker.",
                        (true, false) => "Open the accounts in FileMaker.",
                    };
                    let wattle = match closed {
                        true => "Wattle is closed: people can look there.",
                        false => "Wattle is open, as it was before.",
                    };
                    eprintln!("{what} {filemaker} {wattle}");
                    Ok(())
                }
                Undone::Written(rows) => anyhow::bail!(
                    "not undone: people have written in Wattle since the switch ({rows} rows). `fm-migrate cutover --export FOLDER` \
                     writes them down: enter them in FileMaker before you go back, or stay in Wattle."
                ),
            };
        }
        let mut ask = |step: Step| confirm.iter().any(|c| c == step.as_str()) || asked(step);
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
}

/// Asks the person at the keyboard.
fn asked(step: Step) -> bool {
    let what = step.asks().unwrap_or_default();
    eprintln!("\n{what}\nType {} to confirm, or anything else to stop here:", step.as_str());
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).is_ok() && line.trim() == step.as_str()
}
