//! The sample's mapping, taught where FileMaker Server is.

use std::path::Path;

use anyhow::{Context, ensure};

/// Adds `[server]`, and to each table its name there and its layout for the Data API.
///
/// # Errors
/// The file is not the sample's.
pub(super) fn add_server(path: &Path, url: &str) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let mut told = format!("{text}\n[server]\nurl = \"{url}\"\ndatabase = \"Clinic\"\nfirst_wait_ms = 1\n");
    let mut tables = 0;
    for theirs in [
        "Practitioners",
        "Patients",
        "Appointments",
        "Notes",
        "Allergies",
        "Medicines",
        "Observations",
        "Documents",
    ] {
        let head = format!("\n[{}]\n", theirs.to_lowercase());
        if told.contains(&head) {
            tables += 1;
            let more = format!("{head}table = \"{theirs}\"\napi_layout = \"{theirs} API\"\n");
            told = told.replacen(&head, &more, 1);
        }
    }
    ensure!(tables >= 3, "the mapping has {tables} of the sample's tables");
    Ok(std::fs::write(path, told)?)
}
