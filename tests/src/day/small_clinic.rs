//! A clinic that is open when a walk through one part of the app begins, and what is told when the walk stops half-way.

use std::path::Path;

use anyhow::Context;

use super::desk::Desk;
use super::{seen, tell};
use crate::house::{House, Size, add_people};

const SIZE: Size = Size { patients: 300, practitioners: 3, appointments: 600 };

/// Imported, with its people and a store for documents, under `dir`; its server runs.
///
/// # Errors
/// A part of it did not start.
pub(super) async fn open(dir: &Path) -> anyhow::Result<House> {
    let mut house = House::found(dir, true)?;
    house.import_sample(SIZE, 11)?;
    add_people(&house)?;
    let data = dir.join("server");
    house.serve_with(&["--data-dir", data.to_str().context("a folder that is no text")?]);
    house.start_server().await?;
    Ok(house)
}

/// Hands on how a walk ended; of one that stopped, the last thing to be seen is kept as a picture and told.
///
/// # Errors
/// Those of the walk.
pub(super) async fn or_seen(played: anyhow::Result<()>, desk: &Desk) -> anyhow::Result<()> {
    if let (Err(_), Ok(window)) = (&played, desk.window()) {
        desk.picture("failed").await?;
        tell(&seen(window).await);
    }
    played
}
