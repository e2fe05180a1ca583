//! Building the programs that the whole-system tests, the demo and the benchmarks run.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use serde_json::Value;

use crate::workspace::Workspace;
use crate::{run, say};

/// Paths of built programs by name.
pub(crate) struct Programs(BTreeMap<String, PathBuf>);

/// Which packages to build.
pub(crate) enum Packages {
    /// All of the workspace, so that the tests built next share every dependency's features.
    All,
    /// Server with its image builder, desktop app, migrator and the crate that plays them.
    Whole,
    /// What a clinic needs to leave FileMaker, with the stand-in for its server: no window, no page.
    Leaving,
}

/// Builds the programs of `packages` with one of cargo's profiles (`dev`, `release`).
pub(crate) fn programs(packages: &Packages, profile: &str) -> anyhow::Result<Programs> {
    say::step(&format!("building the programs ({profile})"));
    let mut command = run::cargo();
    command.args(["build", "--bins", "--message-format=json-render-diagnostics", "--profile", profile]);
    match packages {
        // Not ourselves: a running program cannot be overwritten everywhere.
        Packages::All => command.args(["--workspace", "--exclude=xtask"]),
        Packages::Whole => command.args([
            "-p=wattle-server",
            "-p=wattle-image-builder",
            "-p=wattle-desktop",
            "-p=wattle-fm-migrate",
            "-p=wattle-tests",
        ]),
        Packages::Leaving => command.args([
            "-p=wattle-server",
            "-p=wattle-fm-migrate",
            "-p=wattle-filemaker-standin",
            "-p=wattle-tests",
        ]),
    };
    if !matches!(packages, Packages::Leaving) {
        command.args(Workspace::read()?.features());
    }
    let output = command.stderr(Stdio::inherit()).output().with_context(|| run::line(&command))?;
    if !output.status.success() {
        bail!("{} failed", run::line(&command));
    }
    let mut found = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let name = text(message.pointer("/target/name"));
        if let (Some(name), Some(path)) = (name, text(message.get("executable"))) {
            found.insert(name, path.into());
        }
    }
    Ok(Programs(found))
}

impl Programs {
    /// A program built by name.
    pub(crate) fn get(&self, name: &str) -> anyhow::Result<&PathBuf> {
        let built = || self.0.keys().cloned().collect::<Vec<_>>().join(", ");
        self.0
            .get(name)
            .with_context(|| format!("the workspace builds no program {name} (it builds {})", built()))
    }

    /// Tells a command where the real programs are: `WATTLE_SERVER_BIN`, `WATTLE_DESKTOP_BIN`,
    /// `WATTLE_FM_MIGRATE_BIN`, `WATTLE_IMAGE_BUILDER_BIN`, `WATTLE_FILEMAKER_STANDIN_BIN`.
    pub(crate) fn tell(&self, command: &mut Command) {
        for (variable, names) in [
            ("WATTLE_SERVER_BIN", ["wattle-server", "sync-server"]),
            ("WATTLE_DESKTOP_BIN", ["wattle-desktop", "wattle"]),
            ("WATTLE_FM_MIGRATE_BIN", ["fm-migrate", "wattle-fm-migrate"]),
            ("WATTLE_IMAGE_BUILDER_BIN", ["wattle-image-builder", "image-builder"]),
            ("WATTLE_FILEMAKER_STANDIN_BIN", ["filemaker-standin", "wattle-filemaker-standin"]),
        ] {
            if let Some(path) = names.iter().find_map(|name| self.0.get(*name)) {
                command.env(variable, path);
            }
        }
    }
}
