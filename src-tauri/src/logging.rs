//! The log: JSON lines in `logs/wattle.log` of the data folder. Ids, codes and counts only; nothing about a patient.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Mutex;

use anyhow::Context;
use tracing_subscriber::EnvFilter;

/// When it is longer at start, it becomes `wattle.log.1` and that one goes.
const LONGEST_BYTES: u64 = 5 * 1024 * 1024;

/// Opens the log and lets panics speak into it.
pub(crate) fn start(data_dir: &Path) -> anyhow::Result<()> {
    let folder = data_dir.join("logs");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let path = folder.join("wattle.log");
    if fs::metadata(&path).is_ok_and(|meta| meta.len() > LONGEST_BYTES) {
        fs::rename(&path, folder.join("wattle.log.1"))?;
    }
    let file = File::options().create(true).append(true).open(&path)?;
    let filter = EnvFilter::try_from_env("WATTLE_LOG").unwrap_or_else(|_| EnvFilter::new("warn,wattle=info"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(Mutex::new(file)).init();
    std::panic::set_hook(Box::new(|info| {
        // The place only: a panic's message may quote what it choked on.
        let place = info.location().map(ToString::to_string);
        tracing::error!(place, "panicked");
    }));
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "started");
    Ok(())
}
