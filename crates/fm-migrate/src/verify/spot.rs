//! A page on which a person at the clinic compares records with FileMaker's own, and the ticks that come back.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::{ClinicId, ColumnKind, TableName, UtcInstant};

use super::page::{HEAD, escape};
use crate::convert::Typed;
use crate::error::Error;
use crate::ids::SourceTable;
use crate::load::actual;
use crate::mapping::{Bound, Mapping};
use crate::private;
use crate::raw::RawRow;

/// A record on the page.
#[derive(Clone, Debug)]
pub(crate) struct Picked {
    table: SourceTable,
    position: u64,
    /// FileMaker's fields and what is in them.
    theirs: Vec<(String, String)>,
    /// Our rows.
    rows: Vec<(TableName, Uuid)>,
}

impl Picked {
    fn name(&self) -> String {
        format!("{}/{}", self.table.as_str(), self.position)
    }
}

/// Chooses records whose hash with the run's id is smallest: nobody can choose them, and the same import gives the same.
pub(crate) struct Picks {
    run: Uuid,
    most: usize,
    tables: BTreeMap<SourceTable, BTreeMap<[u8; 32], Picked>>,
}

impl Picks {
    pub(crate) fn new(run: Uuid, most: u32) -> Self {
        Self { run, most: most as usize, tables: BTreeMap::new() }
    }

    pub(crate) fn offer(&mut self, table: SourceTable, bound: &Bound, row: &RawRow, typed: &Typed) {
        let seed = format!("{}/{}/{}", self.run, table.as_str(), row.position);
        let mut lot = [0; 32];
        lot.copy_from_slice(digest(&SHA256, seed.as_bytes()).as_ref());
        let picks = self.tables.entry(table).or_default();
        let last = picks.last_key_value().map(|(lot, _)| *lot);
        if picks.len() >= self.most && last.is_none_or(|last| lot >= last) {
            return;
        }
        let theirs = bound.filled(row).map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
        let rows = typed.rows.iter().map(|r| (r.table, r.id)).collect();
        picks.insert(lot, Picked { table, position: row.position, theirs, rows });
        if picks.len() > self.most {
            picks.pop_last();
        }
    }

    pub(crate) fn done(self) -> Vec<Picked> {
        let mut all: Vec<Picked> = self.tables.into_values().flat_map(BTreeMap::into_values).collect();
        all.sort_by_key(|p| (p.table, p.position));
        all
    }
}

/// Who has compared records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Records on the page.
    pub shown: usize,
    /// Records ticked as equal.
    pub ticked: usize,
    /// By whom.
    pub by: Option<String>,
}

/// What the page saves.
#[derive(Deserialize)]
struct Ticks {
    run: Uuid,
    by: String,
    ticked: Vec<String>,
}

/// Reads the ticks of a page.
pub(crate) fn checked(file: Option<&Path>, run: Uuid, picked: &[Picked]) -> Result<Checked, Error> {
    let Some(path) = file else { return Ok(Checked { shown: picked.len(), ..Checked::default() }) };
    let text = std::fs::read(path).map_err(Error::file(path))?;
    let wrong = |why: &str| Error::Refused(format!("{}: {why}", path.display()));
    let ticks: Ticks = serde_json::from_slice(&text)
        .map_err(|_| wrong("this is no file that the spot-check page has saved."))?;
    if ticks.run != run {
        return Err(wrong("it belongs to another import. Compare the records on the new page."));
    }
    let by = ticks.by.trim();
    if by.is_empty() {
        return Err(wrong("it says not who has compared. Write your name on the page and save again."));
    }
    let ticked = picked.iter().filter(|p| ticks.ticked.contains(&p.name())).count();
    Ok(Checked { shown: picked.len(), ticked, by: Some(by.to_owned()) })
}

/// Writes `spot.html`, readable by its owner only: it shows patients' records.
pub(crate) async fn write(
    connection: &mut PgConnection,
    clinic: ClinicId,
    mapping: &Mapping,
    run: Uuid,
    picked: &[Picked],
    out: &Path,
) -> Result<(), Error> {
    let mut page = HEAD.replace("TITLE", "Spot check");
    page.push_str(
        "<h1>Spot check</h1><p class=bad>This page shows patients' records. Keep it on a computer of the clinic, and delete it \
         when you are done.</p><p>Open each record in FileMaker and compare. Left: what FileMaker gave. Right: what Wattle has. \
         Tick what is right. Then write your name and save: give the saved file to <code>fm-migrate verify --ticked</code>.</p>",
    );
    for record in picked {
        let name = escape(&record.name());
        page.push_str(&format!(
            "<section><h2><label><input type=checkbox class=tick value=\"{name}\"> {} {}</label></h2><div class=two><table>",
            record.table.as_str(),
            record.position
        ));
        for (field, text) in &record.theirs {
            page.push_str(&format!("<tr><th>{}<td>{}", escape(field), escape(text)));
        }
        page.push_str("</table><table>");
        for (table, id) in &record.rows {
            let id = actual::newest(connection, clinic, table.table(), *id).await?;
            let row = actual::one(connection, clinic, table.table(), id).await?;
            page.push_str(&format!("<tr><th colspan=2 class=head>{}", table.as_str()));
            let Some(row) = row else {
                page.push_str("<tr><td colspan=2 class=bad>not there");
                continue;
            };
            for column in table.table().columns {
                let text = match row.fields.get(column.name) {
                    None | Some(serde_json::Value::Null) => continue,
                    sealed if actual::is_sealed(sealed) => "(sealed)".to_owned(),
                    Some(serde_json::Value::String(text)) if column.kind != ColumnKind::Uuid => text.clone(),
                    Some(serde_json::Value::Number(n)) if column.kind == ColumnKind::Instant => {
                        let at = UtcInstant(n.as_i64().unwrap_or_default());
                        mapping.clinic.time_zone.local(at).format("%-d/%-m/%Y %-H:%M:%S").to_string()
                    }
                    // Ids and lists of changes say nothing to a person.
                    Some(_) if matches!(column.kind, ColumnKind::Uuid | ColumnKind::Json) => continue,
                    Some(other) => other.to_string(),
                };
                page.push_str(&format!("<tr><th>{}<td>{}", column.name, escape(&text)));
            }
        }
        page.push_str("</table></div></section>");
    }
    page.push_str(&SAVE.replace("RUN", &run.to_string()));
    let path = out.join("spot.html");
    private::file(&path).and_then(|mut file| file.write_all(page.as_bytes())).map_err(Error::file(&path))
}

const SAVE: &str = "<p><label>Your name: <input id=by></label> <button id=save>Save the ticks</button></p><script>
document.getElementById('save').onclick = () => {
  const by = document.getElementById('by').value.trim();
  if (!by) { alert('Write your name first.'); return; }
  const ticked = [...document.querySelectorAll('.tick:checked')].map(t => t.value);
  const a = document.createElement('a');
  a.href = URL.createObjectURL(new Blob([JSON.stringify({run: 'RUN', by, ticked})], {type: 'application/json'}));
  a.download = 'ticked.json';
  a.click();
};
</script>";
