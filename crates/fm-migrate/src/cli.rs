//! One file per command: its arguments, the call into the library, what is said about the outcome.

mod containers;
mod cutover;
mod draft_mapping;
mod extract;
mod import;
mod models;
mod rejects;
mod sample;
mod status;
mod verify;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use wattle_fm_migrate::ids::SourceTable;

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
    Sample(sample::Sample),
    /// Load a clinic's exports into PostgreSQL and refresh the read models. A second time changes nothing. The last line on
    /// stdout is the report as JSON.
    Import(import::Import),
    /// Read a clinic's records out of FileMaker Server into staging. A second time only what changed. Killed, it goes on where
    /// it was. The last line on stdout is the report as JSON.
    Extract(extract::Extract),
    /// Bring documents' files into object storage, sealed: out of FileMaker Server, or out of a folder of exported field contents.
    /// A second time only what changed. Killed, it goes on where it was. The last line on stdout counts them as JSON.
    Containers(containers::Containers),
    /// Refresh the read models, each with its tests. The last line on stdout counts them as JSON.
    Models(models::Models),
    /// Say where each table stands. The last line on stdout is the same as JSON.
    Status(status::Status),
    /// Compare what is in Wattle with what FileMaker gave, row by row; write report.html, report.pdf, report.json and spot.html. Ends with
    /// an error when something is not accounted for.
    Verify(verify::Verify),
    /// Write the list of the latest import: every record that was not loaded and every note, with its key and the text as FileMaker
    /// has it, and which texts stand in the way most often. The last line on stdout counts them as JSON.
    Rejects(rejects::Rejects),
    /// Walk the checklist of the night of the cutover; interrupted, it goes on where it was. The last line on stdout is where it
    /// stands, as JSON.
    Cutover(cutover::Cutover),
    /// Draft a mapping from a file's $metadata: tables, keys, fields, and columns that deserve a look. The last line on stdout
    /// counts them as JSON.
    DraftMapping(draft_mapping::DraftMapping),
}

pub(crate) fn run() -> anyhow::Result<()> {
    match Cli::parse().action {
        Action::Sample(arguments) => arguments.run(),
        Action::Import(arguments) => runtime()?.block_on(arguments.run()),
        Action::Extract(arguments) => runtime()?.block_on(arguments.run()),
        Action::Containers(arguments) => runtime()?.block_on(arguments.run()),
        Action::Models(arguments) => runtime()?.block_on(arguments.run()),
        Action::Status(arguments) => runtime()?.block_on(arguments.run()),
        Action::Verify(arguments) => runtime()?.block_on(arguments.run()),
        Action::Rejects(arguments) => runtime()?.block_on(arguments.run()),
        Action::DraftMapping(arguments) => arguments.run(),
        Action::Cutover(arguments) => runtime()?.block_on(arguments.run()),
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")
}

fn progress(what: &'static str, table: SourceTable, done: u64, of: u64) {
    eprintln!("{what} {}: {done} of {of}", table.as_str());
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn every_command_can_be_parsed() {
        super::Cli::command().debug_assert();
    }
}
