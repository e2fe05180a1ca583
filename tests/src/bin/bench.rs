//! The program behind `cargo xtask bench [NAME] [--json] [--scale S] [--out FILE]`.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use clap::Parser;
use serde_json::{Value, json};
use wattle_tests::bench::figures::Figures;
use wattle_tests::bench::scale::Scale;
use wattle_tests::bench::{
    catch_up, containers, daybook, document_memory, document_page, documents, drain, first_sync, idle,
    migrate, one_change, open, open_record, propagation, propagation_200, push, search, sign_in, sizes,
    storm,
};

/// Measures what the README promises, each beside a floor of the same run.
#[derive(Parser)]
struct Arguments {
    /// Which one; all if not given.
    name: Option<String>,
    /// Make the last line one JSON object.
    #[arg(long)]
    json: bool,
    /// A share of the full size, for trying it out; the figures then say so.
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// With all of them: the file that keeps the figures of each as soon as it has them.
    #[arg(long, default_value = "target/bench.json")]
    out: PathBuf,
}

type Run = fn(Scale) -> anyhow::Result<Figures>;

const ALL: [(&str, Run); 21] = [
    ("search", |_| search::run()),
    ("daybook", |_| daybook::run()),
    ("one-change", one_change::run),
    ("open", |_| open::run()),
    ("open-record", |_| open_record::run()),
    ("first-sync", first_sync::pages),
    ("first-sync-rows", first_sync::rows),
    ("propagation", propagation::run),
    ("propagation-200", propagation_200::run),
    ("push", push::run),
    ("drain", drain::run),
    ("catch-up", catch_up::run),
    ("storm", storm::run),
    ("idle", idle::run),
    ("sign-in", sign_in::run),
    ("migrate", migrate::run),
    ("containers", containers::run),
    ("documents", documents::run),
    ("document-memory", document_memory::run),
    ("document-page", |_| document_page::run()),
    ("sizes", |_| sizes::run()),
];

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match &arguments.name {
        Some(name) => {
            let Some((_, run)) = ALL.iter().find(|(n, _)| n == name) else {
                let names: Vec<&str> = ALL.iter().map(|(n, _)| *n).collect();
                bail!("there is no benchmark {name:?}; there are: {}", names.join(", "));
            };
            let figures = run(Scale(arguments.scale))?;
            eprintln!("{}", figures.to_text());
            if arguments.json {
                println!("{}", figures.to_json());
            }
            Ok(())
        }
        None => all(&arguments),
    }
}

/// One process each, so that the peak of memory is that benchmark's own, and one that fails takes no other's figures along.
fn all(arguments: &Arguments) -> anyhow::Result<()> {
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for (name, _) in ALL {
        match apart(name, arguments.scale) {
            Ok(figures) => done.push(figures),
            Err(error) => {
                eprintln!("{name}: FAILED: {error:#}");
                done.push(json!({ "name": name, "failed": format!("{error:#}") }));
                failed.push(name);
            }
        }
        keep(&arguments.out, &done)?;
    }
    if arguments.json {
        println!("{}", json!({ "benchmarks": done }));
    }
    if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join(", ")) }
}

fn apart(name: &str, scale: f64) -> anyhow::Result<Value> {
    let output = Command::new(std::env::current_exe()?)
        .args([name, "--json", "--scale", &scale.to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        bail!("the benchmark ended with {}", output.status);
    }
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let last = said.lines().last().context("the benchmark said nothing")?;
    Ok(serde_json::from_str(last)?)
}

fn keep(out: &Path, done: &[Value]) -> anyhow::Result<()> {
    if let Some(folder) = out.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(out, serde_json::to_vec_pretty(&json!({ "benchmarks": done }))?)
        .with_context(|| format!("cannot keep the figures in {}", out.display()))
}
