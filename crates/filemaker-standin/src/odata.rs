//! OData: `/fmi/odata/v4/{file}`.

mod metadata;
mod rows;

use crate::data_api::basic;
use crate::database::{Kind, Record, Table};
use crate::reply::Reply;
use crate::server::{Asked, Inside};
use crate::{json, stored};

/// Routes a request.
pub(crate) fn answer(inside: &mut Inside, asked: &Asked, error_in_row: bool) -> Reply {
    if !basic(inside, &asked.authorization) {
        return Reply::odata_error(401, "212", "Invalid user account and/or password; please try again");
    }
    let path: Vec<&str> = asked.address.path.iter().skip(2).map(String::as_str).collect();
    let ["v4", file, rest @ ..] = path.as_slice() else {
        return Reply::odata_error(404, "-1002", "Error: syntax error in URL");
    };
    if file.trim_end_matches(".fmp12") != inside.database.name.trim_end_matches(".fmp12") {
        return Reply::odata_error(404, "802", "Unable to open the file");
    }
    let base = format!("{}/fmi/odata/v4/{file}", inside.base);
    let place = Place { base: &base, prefix: if inside.settings.odata_prefix { "@odata." } else { "@" } };
    match (asked.method.as_str(), rest) {
        ("GET", []) => metadata::service(&inside.database, &place),
        ("GET", ["$metadata"]) => metadata::edmx(&inside.database, file),
        ("GET", [entity, rest @ ..]) => {
            let (name, key) =
                entity.split_once('(').map_or((*entity, None), |(n, k)| (n, k.strip_suffix(')')));
            if let Some(at) = name.find('$') {
                let odd = name.get(at..).unwrap_or_default().split('=').next().unwrap_or_default();
                let message = format!("Error: syntax error in URL at: '{odd}'");
                return Reply::odata_error(400, "-1002", &message);
            }
            let Some(table) = inside.database.table(name) else {
                // [K]
                return Reply::odata_error(404, "-1002", &format!("Error: table '{name}' does not exist"));
            };
            match (key, rest) {
                (None, ["$count"]) => Reply::text(table.records.len().to_string()),
                (None, []) => rows::list(inside, asked, table, &place, error_in_row),
                (Some(key), rest) => match find(table, key) {
                    Some(record) => entity_of(inside, asked, table, record, &place, (key, rest)),
                    None => Reply::odata_error(404, "-1023", "Record is missing"), // [K]
                },
                _ => Reply::odata_error(404, "-1002", "Error: syntax error in URL"),
            }
        }
        _ => Reply::odata_error(405, "-1002", "Error: this account reads"),
    }
}

/// Where replies say that they come from, and how their annotations begin.
pub(crate) struct Place<'a> {
    pub(crate) base: &'a str,
    pub(crate) prefix: &'a str,
}

/// `ROWID=n`, or a key in quotes: the first record that has it.
fn find<'a>(table: &'a Table, key: &str) -> Option<&'a Record> {
    if let Some(id) = key.strip_prefix("ROWID=") {
        return table.record(id.parse().ok()?);
    }
    let index = table.field(table.key.as_deref()?)?;
    let wanted = key.trim_matches('\'').replace("''", "'");
    table.records.iter().find(|r| r.cells.get(index) == Some(&wanted))
}

fn entity_of(
    inside: &Inside,
    asked: &Asked,
    table: &Table,
    record: &Record,
    place: &Place<'_>,
    (key, rest): (&str, &[&str]),
) -> Reply {
    let Place { base, prefix } = place;
    match rest {
        [] => match rows::Selection::read(inside, asked, table) {
            Ok(selection) => {
                let context = format!("{base}/$metadata#{}{}/$entity", table.name, selection.context);
                let mut out = format!("{{\"{prefix}context\":{}", json::quoted(&context));
                out.push(',');
                rows::write(&mut out, inside, table, record, place, &selection, false);
                out.push('}');
                Reply::json(200, out)
            }
            Err(reply) => reply,
        },
        [field] => {
            let Some(index) = table.field(field) else { return rows::no_field(field) };
            let kind = table.fields.get(index).map_or(Kind::Text, |f| f.kind);
            let context = format!("{base}/$metadata#{}({key})/{field}", table.name);
            let mut out = format!("{{\"{prefix}context\":{},\"value\":", json::quoted(&context));
            let cell = record.cells.get(index).map_or("", String::as_str);
            let first = cell.split('\u{1D}').next().unwrap_or_default();
            stored::odata(&mut out, kind, first, rows::exact(asked), inside.settings.question_marks);
            out.push('}');
            Reply::json(200, out)
        }
        // The first repetition only.
        [field, "$value"] => {
            let Some(index) = table.field(field) else { return rows::no_field(field) };
            match record.files.get(&(index, 1)).and_then(|f| f.bytes.clone()) {
                Some(body) => Reply {
                    status: 200,
                    headers: vec![("content-type", "application/octet-stream".into())],
                    body,
                },
                None => Reply { status: 204, ..Reply::default() },
            }
        }
        _ => Reply::odata_error(404, "-1002", "Error: syntax error in URL"),
    }
}
