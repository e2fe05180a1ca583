//! `cargo xtask lint`: clippy over everything, as strict as CI, with the features of every other build.

use crate::workspace::Workspace;
use crate::{run, say};

/// Needs the page (`cargo xtask ui`): the desktop app embeds it while it compiles.
pub(crate) fn check() -> anyhow::Result<()> {
    say::step("clippy");
    let features = Workspace::read()?.features();
    let mut command = run::cargo();
    run::run(
        command
            .args(["clippy", "--workspace", "--all-targets"])
            .args(features)
            .args(["--", "-D", "warnings"]),
    )
}
