//! cargo-deny over our dependencies, installed once into the cache.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::{places, run, say};

const VERSION: &str = "0.20.2";

/// Licences, bans and sources always; advisories where their database can be fetched.
pub(crate) fn check() -> anyhow::Result<()> {
    let program = program()?;
    say::step("checking the dependencies");
    let deny = || {
        let mut command = Command::new(&program);
        command.current_dir(places::root());
        command
    };
    run::run(deny().args(["check", "bans", "licenses", "sources"]))?;
    if run::within(deny().args(["fetch", "db"]), Duration::from_secs(120)) {
        return run::run(deny().args(["check", "--disable-fetch", "advisories"]));
    }
    say::skipped("advisories", "their database cannot be fetched from this machine");
    Ok(())
}

/// The one on PATH, or our own in the cache.
fn program() -> anyhow::Result<PathBuf> {
    if run::has("cargo-deny") {
        return Ok("cargo-deny".into());
    }
    let own = places::tools().join("bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    if own.is_file() {
        return Ok(own);
    }
    say::step("installing cargo-deny (once)");
    run::run(
        run::cargo()
            // Outside the checkout, whose cargo configuration is not meant for it. Unoptimised: it runs for
            // seconds, and optimised it builds for minutes longer.
            .current_dir(std::env::temp_dir())
            .args(["install", "cargo-deny", "--locked", "--debug", "--version", VERSION, "--root"])
            .arg(places::tools())
            .env("CARGO_TARGET_DIR", places::cache().join("target-tools"))
            .env("CARGO_PROFILE_DEV_DEBUG", "0"),
    )?;
    let _ = std::fs::remove_dir_all(places::cache().join("target-tools"));
    Ok(own)
}
