//! A workstation's file of a made-up clinic, filled through the same door as a first sync.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wattle_domain::WorkstationId;
use wattle_local_store::{DataKey, Identity, Store, SystemClock};

use super::clinic::{self, Size, clinic_id, frames};

/// Whose file it is.
#[must_use]
pub fn identity() -> Identity {
    let workstation = WorkstationId(clinic::id(9, 1));
    Identity { clinic: clinic_id(), workstation, profile: "ref-front".into() }
}

/// Opens (or makes) a file.
///
/// # Errors
/// The store says no.
pub fn open(path: &Path, key: &DataKey) -> anyhow::Result<Store> {
    Ok(Store::open(path, key, identity(), Arc::new(SystemClock))?)
}

/// As [`open`], for the file of another profile.
///
/// # Errors
/// The store says no.
pub fn open_as(path: &Path, key: &DataKey, profile: &str) -> anyhow::Result<Store> {
    let identity = Identity { profile: profile.into(), ..identity() };
    Ok(Store::open(path, key, identity, Arc::new(SystemClock))?)
}

/// Fills a file with a clinic; returns how long the rows took (the frames themselves are made beforehand, in memory).
///
/// # Errors
/// The store says no.
pub fn fill(store: &Store, size: Size) -> anyhow::Result<Duration> {
    let made: Vec<_> = frames(size).collect();
    let start = Instant::now();
    let mut pull = store.begin_pull()?;
    for frame in made {
        pull.frame(frame)?;
    }
    pull.finish()?;
    Ok(start.elapsed())
}
