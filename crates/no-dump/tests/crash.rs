//! Processes that really crash, in a folder that is searched afterwards. This test starts itself as the one that crashes.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::path::Path;
use std::process::Command;

const PART: &str = "WATTLE_TEST_CRASH";

/// Crashes in a folder, with dumps allowed from outside; how many files are there then.
fn files_after_a_crash(folder: &Path, part: &str) -> usize {
    let this = std::env::current_exe().unwrap();
    let line = format!("ulimit -c unlimited && exec '{}' --exact crashes --ignored", this.display());
    let done = Command::new("sh").args(["-c", &line]).current_dir(folder).env(PART, part).status().unwrap();
    assert!(!done.success(), "it crashed");
    std::fs::read_dir(folder).unwrap().count()
}

#[test]
#[ignore = "the process that crashes"]
fn crashes() {
    match std::env::var(PART).as_deref() {
        Ok("careful") => wattle_no_dump::forbid().unwrap(),
        Ok("careless") => {}
        _ => return,
    }
    if std::env::var(PART).as_deref() == Ok("careful") {
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
        let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        let most: u64 = line.split_whitespace().nth(4).unwrap().parse().unwrap();
        // One, which no pipe gets anything under either; or none, where somebody had forbidden it before.
        assert!(most <= 1, "{line}");
    }
    std::process::abort();
}

#[test]
fn a_crash_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(files_after_a_crash(folder.path(), "careful"), 0);
    let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    let careless = tempfile::tempdir().unwrap();
    let left = files_after_a_crash(careless.path(), "careless");
    // Where a crash can leave a file here at all, the careless one does: the test above could have failed.
    if pattern.trim() == "core" && allowed() {
        assert!(left > 0, "a careless crash leaves its memory");
    }
}

fn allowed() -> bool {
    Command::new("sh").args(["-c", "ulimit -c unlimited"]).status().is_ok_and(|done| done.success())
}
