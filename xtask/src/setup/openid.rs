//! oidc-provider: a certified OpenID provider, for the tests of sign-in with one. Fetched once into the cache.

use std::path::PathBuf;
use std::process::Command;

use crate::{places, run, say};

const PACKAGE: &str = "oidc-provider@9.6.1";

/// The folder that holds it; `None`: its tests skip themselves and say so.
pub(crate) fn package() -> Option<PathBuf> {
    let folder = places::tools().join("oidc-provider");
    if folder.join("node_modules").join("oidc-provider").join("package.json").is_file() {
        return Some(folder);
    }
    if !run::has("node") || !run::has("npm") {
        say::skipped("openid", "node and npm are not installed");
        return None;
    }
    say::step("fetching oidc-provider (once)");
    let fetched = std::fs::create_dir_all(&folder).map_err(anyhow::Error::from).and_then(|()| {
        run::run(
            Command::new("npm")
                .args(["install", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts", PACKAGE])
                .arg("--prefix")
                .arg(&folder),
        )
    });
    match fetched {
        Ok(()) => Some(folder),
        Err(_) => {
            say::skipped("openid", "npm cannot fetch oidc-provider on this machine");
            None
        }
    }
}
