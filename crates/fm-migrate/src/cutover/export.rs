//! What people have written in Wattle since the switch, for whoever enters it in FileMaker.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde::Serialize;
use serde_json::json;
use wattle_domain::ClinicId;

use crate::error::Error;
use crate::load::connect::prepare;
use crate::load::{checklist, connect, since, switchover};
use crate::private;

/// What an export holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// Rows, by table; a file each.
    pub tables: BTreeMap<&'static str, usize>,
    /// Rows with values that only the server's keys open: `wattle-server keys open`.
    pub sealed: usize,
}

/// Writes every row that people have written in Wattle since the switch, a file of JSON lines for each table, into a new folder
/// that only its owner reads. Values that the server has sealed are written as they rest. Beside its `fields` a line says how
/// the record is found in FileMaker (`filemaker_key`, and in `refers` the keys or names of what it refers to: the patient, the
/// practitioner, the room), who wrote it last and when (`by`, `at`), whether it is `new` or `deleted`, and which fields were
/// written (`changed`).
///
/// # Errors
/// When nothing was switched, the folder is there already, or it cannot be written.
pub async fn export(database_url: &str, clinic: ClinicId, folder: &Path) -> Result<Exported, Error> {
    let mut connection = connect(database_url, clinic).await?;
    prepare(&mut connection).await?;
    let list = checklist::latest(&mut connection, clinic).await?;
    let Some(switched_at) = list.and_then(|list| list.switched_at) else {
        return Err(Error::Refused("nothing was switched over yet: there is nothing to export.".into()));
    };
    // All files speak of one moment.
    let mut tx = since::begin(&mut connection).await?;
    // In a clinic that was closed nobody wrote before the switch; a push that began before it and was decided after
    // it has the earlier time.
    let moment = switchover::closed_since(&mut tx, clinic).await?.unwrap_or(switched_at);
    private::new_folder(folder).map_err(Error::file(folder))?;
    let mut exported = Exported::default();
    for name in checklist::worked_in() {
        let table = name.table();
        let ids = checklist::written_since(&mut tx, clinic, table, moment).await?;
        if ids.is_empty() {
            continue;
        }
        let path = folder.join(format!("{}.jsonl", name.as_str()));
        let mut file = BufWriter::new(private::file(&path).map_err(Error::file(&path))?);
        let changed = since::fields_changed(&mut tx, clinic, table, moment).await?;
        for id in &ids {
            let Some(written) = since::written(&mut tx, clinic, table, *id).await? else { continue };
            exported.sealed += usize::from(written.row.sealed);
            let line = json!({
                "table": name.as_str(),
                "id": id,
                "filemaker_key": written.filemaker_key,
                "refers": written.refers,
                "by": written.by,
                "at": written.at,
                // The migrator makes rows in nobody's name, in a closed clinic too.
                "new": written.created_by_somebody && written.created_at >= moment,
                "deleted": written.deleted,
                "changed": changed.get(id),
                "fields": written.row.fields,
            });
            writeln!(file, "{line}").map_err(Error::file(&path))?;
        }
        let file = file.into_inner().map_err(|error| error.into_error());
        file.and_then(|file| file.sync_all()).map_err(Error::file(&path))?;
        exported.tables.insert(name.as_str(), ids.len());
    }
    Ok(exported)
}
