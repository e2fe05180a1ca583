//! `spot.html`: what FileMaker gave and what Wattle has, side by side, with a box to tick.

use std::io::Write;
use std::path::Path;

use serde_json::Value;
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::{ClinicId, ColumnKind, TableName, UtcInstant};

use super::super::page::{HEAD, escape};
use super::Picked;
use crate::error::Error;
use crate::load::actual;
use crate::mapping::Mapping;
use crate::private;
use crate::raw::GS;

pub(super) async fn write(
    connection: &mut PgConnection,
    clinic: ClinicId,
    mapping: &Mapping,
    id: Uuid,
    picked: &[Picked],
    out: &Path,
) -> Result<(), Error> {
    let mut page = HEAD.replace("TITLE", "Spot check");
    page.push_str(
        "<h1>Spot check</h1><p class=bad>This page shows patients' records. Keep it on a computer of the clinic, and delete it \
         when you are done.</p><p>Open each record in FileMaker and compare. Left: what FileMaker gave. Right: what Wattle has. \
         Tick what is right. Then write your name and save: give the saved file to <code>fm-migrate verify --ticked</code>. \
         What somebody has compared before, and is the same still, is ticked already.</p>",
    );
    for record in picked {
        let (name, key) = (escape(&record.name()), escape(&record.key));
        let (checked, by) = match &record.ticked_by {
            Some(by) => (" checked", format!(" <small>compared by {}</small>", escape(by))),
            None => ("", String::new()),
        };
        page.push_str(&format!(
            "<section><h2><label><input type=checkbox class=tick value=\"{name}\"{checked}> {} {key}</label>{by}</h2>\
             <div class=two><table>",
            record.table.as_str().replace('_', " "),
        ));
        for (field, text) in &record.theirs {
            // Repetitions one below the other, and returns as FileMaker shows them.
            let text = text.replace([GS, '\r', '\u{B}'], "\n");
            page.push_str(&format!("<tr><th>{}<td>{}", escape(field), escape(&text)));
        }
        page.push_str("</table><table>");
        for (table, id) in &record.rows {
            ours(connection, clinic, mapping, (*table, *id), &mut page).await?;
        }
        page.push_str("</table></div></section>");
    }
    page.push_str(&SAVE.replace("PAGE", &id.to_string()));
    let path = out.join("spot.html");
    private::file(&path).and_then(|mut file| file.write_all(page.as_bytes())).map_err(Error::file(&path))
}

/// One row of ours.
async fn ours(
    connection: &mut PgConnection,
    clinic: ClinicId,
    mapping: &Mapping,
    (table, id): (TableName, Uuid),
    page: &mut String,
) -> Result<(), Error> {
    let id = actual::newest(connection, clinic, table.table(), id).await?;
    let row = actual::one(connection, clinic, table.table(), id).await?;
    page.push_str(&format!("<tr><th colspan=2 class=head>{}", table.as_str().replace('_', " ")));
    let Some(row) = row else {
        page.push_str("<tr><td colspan=2 class=bad>not there");
        return Ok(());
    };
    for column in table.table().columns {
        let text = match row.fields.get(column.name) {
            None | Some(Value::Null) => continue,
            sealed if actual::is_sealed(sealed) => "(sealed)".to_owned(),
            Some(Value::String(text)) if column.kind != ColumnKind::Uuid => text.clone(),
            Some(Value::Number(n)) if column.kind == ColumnKind::Instant => {
                let at = UtcInstant(n.as_i64().unwrap_or_default());
                mapping.clinic.time_zone.local(at).format("%-d/%-m/%Y %-H:%M:%S").to_string()
            }
            // Ids and lists of changes say nothing to a person.
            Some(_) if matches!(column.kind, ColumnKind::Uuid | ColumnKind::Json) => continue,
            Some(other) => other.to_string(),
        };
        page.push_str(&format!("<tr><th>{}<td>{}", column.name, escape(&text)));
    }
    Ok(())
}

const SAVE: &str = "<p><label>Your name: <input id=by></label> <button id=save>Save the ticks</button></p><script>
document.getElementById('save').onclick = () => {
  const by = document.getElementById('by').value.trim();
  if (!by) { alert('Write your name first.'); return; }
  const boxes = [...document.querySelectorAll('.tick')];
  const ticked = boxes.filter(t => t.checked).map(t => t.value);
  const unticked = boxes.filter(t => t.defaultChecked && !t.checked).map(t => t.value);
  const a = document.createElement('a');
  a.href = URL.createObjectURL(new Blob([JSON.stringify({page: 'PAGE', by, ticked, unticked})], {type: 'application/json'}));
  a.download = 'ticked.json';
  a.click();
};
</script>";
