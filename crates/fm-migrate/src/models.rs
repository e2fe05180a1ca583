//! The read models of a clinic, refreshed after an import or by themselves, and their project for dbt.
//!
//! Owns: which of them, under which run. What they are and how they are made is `wattle_models`.
//! Called by: the binary, `cutover`.

use std::path::Path;

use uuid::Uuid;
use wattle_domain::ClinicId;
use wattle_models::{Model, Refreshed};

use crate::error::Error;
use crate::load::connect;
use crate::load::connect::prepare;

/// Refreshes them all, or one of them by name, under the run of an import or under one of their own.
///
/// # Errors
/// A model's file that is not as it should be, a test that does not hold, a database that is not ready or goes away.
pub async fn refresh(
    database_url: &str,
    clinic: ClinicId,
    run: Option<Uuid>,
    only: Option<&str>,
) -> Result<Vec<Refreshed>, Error> {
    let models = chosen(wattle_models::shipped()?, only)?;
    let mut connection = connect(database_url, clinic).await?;
    // They read staging, which an import makes; and while one runs, they would show half of it.
    prepare(&mut connection).await?;
    let run = run.unwrap_or_else(Uuid::now_v7);
    Ok(wattle_models::refresh(&mut connection, clinic, run, &models).await?)
}

fn chosen(models: Vec<Model>, only: Option<&str>) -> Result<Vec<Model>, Error> {
    let Some(only) = only else { return Ok(models) };
    let known = models.iter().map(|m| m.name.as_str()).collect::<Vec<_>>().join(", ");
    let chosen: Vec<Model> = models.into_iter().filter(|m| m.name == only).collect();
    match chosen.is_empty() {
        true => Err(wattle_models::Error::NoModel { name: only.into(), known }.into()),
        false => Ok(chosen),
    }
}

/// Writes the dbt project of the models into a folder; how many files.
///
/// # Errors
/// When the folder cannot be written to.
pub fn write_dbt(folder: &Path) -> Result<usize, Error> {
    let files = wattle_models::dbt::project(&wattle_models::shipped()?);
    for (name, text) in &files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(Error::file(parent))?;
        }
        std::fs::write(&path, text).map_err(Error::file(&path))?;
    }
    Ok(files.len())
}
