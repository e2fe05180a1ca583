//! s3s-fs: a real S3 interface over a folder, for the tests of object storage. Installed once into the cache.

use std::path::PathBuf;

use crate::{places, run, say};

const VERSION: &str = "0.14.1";

/// How it is built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// In a minute: for tests.
    Quick,
    /// As one that is deployed: whoever is measured against it should not wait for its arithmetic.
    Optimised,
}

/// The one on PATH, or our own in the cache, installed if it can be; `None`: what needs it skips itself and says so.
pub(crate) fn program(build: Build) -> Option<PathBuf> {
    if run::has("s3s-fs") {
        return Some("s3s-fs".into());
    }
    let root = match build {
        Build::Quick => places::tools(),
        Build::Optimised => places::tools().join("optimised"),
    };
    let own = root.join("bin").join(format!("s3s-fs{}", std::env::consts::EXE_SUFFIX));
    if own.is_file() {
        return Some(own);
    }
    say::step("installing s3s-fs (once)");
    let scratch = places::cache().join("target-s3s");
    let installed = run::run(
        run::cargo()
            .current_dir(std::env::temp_dir())
            .args(["install", "s3s-fs", "--locked", "--features", "binary", "--version", VERSION])
            .args((build == Build::Quick).then_some("--debug"))
            .arg("--root")
            .arg(&root)
            .env("CARGO_TARGET_DIR", &scratch)
            .env("CARGO_PROFILE_DEV_DEBUG", "0"),
    );
    let _ = std::fs::remove_dir_all(scratch);
    match installed {
        Ok(()) => Some(own),
        Err(_) => {
            say::skipped("s3", "s3s-fs cannot be installed on this machine");
            None
        }
    }
}
