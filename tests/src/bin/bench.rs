//! The program behind `cargo xtask bench [NAME] [--json]`.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::Command;

use anyhow::{Context, bail};
use serde_json::{Value, json};
use wattle_tests::bench::figures::Figures;
use wattle_tests::bench::{daybook, first_sync, one_change, open, propagation, search, sizes};

type Run = fn() -> anyhow::Result<Figures>;

const ALL: [(&str, Run); 7] = [
    ("search", search::run),
    ("daybook", daybook::run),
    ("one-change", one_change::run),
    ("open", open::run),
    ("first-sync", first_sync::run),
    ("propagation", propagation::run),
    ("sizes", sizes::run),
];

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let as_json = arguments.iter().any(|a| a == "--json");
    let wanted = arguments.iter().find(|a| !a.starts_with("--"));
    match wanted {
        Some(name) => {
            let Some((_, run)) = ALL.iter().find(|(n, _)| n == name) else {
                let names: Vec<&str> = ALL.iter().map(|(n, _)| *n).collect();
                bail!("there is no benchmark {name:?}; there are: {}", names.join(", "));
            };
            let figures = run()?;
            eprintln!("{}", figures.to_text());
            if as_json {
                println!("{}", figures.to_json());
            }
        }
        None => {
            // One process each, so that the peak of memory is that benchmark's own.
            let mut all = Vec::new();
            for (name, _) in ALL {
                all.push(apart(name)?);
            }
            if as_json {
                println!("{}", json!({ "benchmarks": all }));
            }
        }
    }
    Ok(())
}

fn apart(name: &str) -> anyhow::Result<Value> {
    let output = Command::new(std::env::current_exe()?)
        .args([name, "--json"])
        .stderr(std::process::Stdio::inherit())
        .output()?;
    if !output.status.success() {
        bail!("the benchmark {name} failed");
    }
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let last = said.lines().last().context("the benchmark said nothing")?;
    Ok(serde_json::from_str(last)?)
}
