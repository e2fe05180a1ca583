//! What the workspace holds, as cargo tells it.

use anyhow::Context;
use serde_json::Value;

use crate::run;

/// Cargo's own description of the members.
pub(crate) struct Workspace(Value);

impl Workspace {
    pub(crate) fn read() -> anyhow::Result<Self> {
        let text =
            run::output(run::cargo().args(["metadata", "--format-version=1", "--no-deps", "--offline"]))?;
        Ok(Self(serde_json::from_str(&text).context("cargo metadata")?))
    }

    fn package(&self, name: &str) -> Option<&Value> {
        let packages = self.0.get("packages")?.as_array()?;
        packages.iter().find(|package| package.get("name").and_then(Value::as_str) == Some(name))
    }

    /// The features that every build of ours switches on: the desktop app shows the page built into it instead
    /// of asking a development server. One set for tests, demo and benchmarks, or Tauri is built again for each.
    pub(crate) fn features(&self) -> Vec<String> {
        let there = self
            .package("wattle-desktop")
            .and_then(|package| package.get("features")?.get("custom-protocol"))
            .is_some();
        if there { vec!["--features=wattle-desktop/custom-protocol".to_owned()] } else { Vec::new() }
    }
}
