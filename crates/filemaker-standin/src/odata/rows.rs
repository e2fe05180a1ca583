//! Rows by page, with what was selected.

use std::fmt::Write;

use super::Place;
use crate::database::{Kind, Record, Table};
use crate::json;
use crate::reply::Reply;
use crate::server::{Asked, Inside};
use crate::stored;
use crate::url::encode;

/// One thing in a row.
enum Item {
    RowId,
    RowModId,
    /// Index of the field, its repetition, and the name in the reply.
    Field(usize, usize, String),
}

/// What a row shows.
pub(super) struct Selection {
    items: Vec<Item>,
    exact: bool,
    /// As `@context` repeats it.
    pub(super) context: String,
}

impl Selection {
    /// Every field but containers, or what `$select` names; names may stand in double quotes.
    pub(super) fn read(inside: &Inside, asked: &Asked, table: &Table) -> Result<Self, Reply> {
        let Some(select) = asked.address.get("$select") else {
            let shown = table.fields.iter().enumerate().filter(|(_, f)| f.kind != Kind::Container);
            let items = shown.map(|(i, f)| Item::Field(i, 1, f.name.clone())).collect();
            return Ok(Self { items, exact: exact(asked), context: String::new() });
        };
        let (mut items, mut names) = (Vec::new(), Vec::new());
        for name in split(select) {
            let item = match name.as_str() {
                "ROWID" => Item::RowId,
                "ROWMODID" => Item::RowModId,
                _ => {
                    let (field, repetition) = match name.strip_suffix(']').and_then(|n| n.rsplit_once('[')) {
                        Some((field, n)) if inside.settings.odata_repetitions => {
                            (field.to_owned(), n.parse::<usize>().unwrap_or(1))
                        }
                        _ => (name.clone(), 1),
                    };
                    let found = table.field(&field).filter(|i| {
                        table.fields.get(*i).is_some_and(|f| (1..=f.max_repeat).contains(&repetition))
                    });
                    Item::Field(found.ok_or_else(|| no_field(&name))?, repetition, name.clone())
                }
            };
            items.push(item);
            names.push(format!("\"{name}\""));
        }
        Ok(Self { items, exact: exact(asked), context: format!("({})", names.join(",")) })
    }
}

/// A field that is not there.
pub(super) fn no_field(name: &str) -> Reply {
    let message = format!("The field named '{name}' does not exist in a specified table (9)");
    Reply::odata_error(400, "8309", &message)
}

/// Whether decimals were asked for as text.
pub(super) fn exact(asked: &Asked) -> bool {
    asked.accept.contains("IEEE754Compatible=true")
}

/// A page.
pub(super) fn list(
    inside: &Inside,
    asked: &Asked,
    table: &Table,
    place: &Place<'_>,
    error_in_row: bool,
) -> Reply {
    let selection = match Selection::read(inside, asked, table) {
        Ok(selection) => selection,
        Err(reply) => return reply,
    };
    for (name, _) in &asked.address.query {
        if !matches!(name.as_str(), "$select" | "$orderby" | "$top" | "$skip" | "$count") {
            return Reply::odata_error(400, "-1002", &format!("Error: syntax error in URL at: '{name}'"));
        }
    }
    let number = |name: &str| asked.address.get(name).map(|n| n.parse::<usize>().ok());
    let (Some(skip), Some(top)) =
        (number("$skip").unwrap_or(Some(0)), number("$top").unwrap_or(Some(usize::MAX)))
    else {
        return Reply::odata_error(400, "-1002", "Error: syntax error in URL");
    };
    let mut records: Vec<&Record> = table.records.iter().collect();
    if let Some(by) = asked.address.get("$orderby") {
        let Some(index) = table.field(by.trim_matches('"')) else { return no_field(by) };
        records.sort_by(|a, b| a.cells.get(index).cmp(&b.cells.get(index)));
    }
    let Place { base, prefix } = place;
    let page: Vec<&Record> =
        records.iter().skip(skip).take(top.min(inside.settings.page_rows)).copied().collect();
    let context = format!("{base}/$metadata#{}{}", table.name, selection.context);
    let mut out = String::with_capacity(page.len() * 700);
    let _ = write!(out, "{{\"{prefix}context\":{}", json::quoted(&context));
    if asked.address.get("$count") == Some("true") {
        let _ = write!(out, ",\"{prefix}count\":{}", records.len());
    }
    out.push_str(",\"value\":[");
    for (i, record) in page.iter().enumerate() {
        out.push_str(if i > 0 { ",{" } else { "{" });
        write(&mut out, inside, table, record, place, &selection, error_in_row && i == 0);
        out.push('}');
    }
    out.push(']');
    let done = skip + page.len();
    let left = top - page.len().min(top);
    if done < records.len() && left > 0 {
        let mut next: Vec<String> = asked
            .address
            .query
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "$skip" | "$top"))
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        next.push(format!("$skip={done}"));
        if top != usize::MAX {
            next.push(format!("$top={left}"));
        }
        let link = format!("{base}/{}?{}", encode(&table.name), next.join("&"));
        let _ = write!(out, ",\"{prefix}nextLink\":{}", json::quoted(&link));
    }
    out.push('}');
    Reply::json(200, out)
}

/// The inside of a row's braces.
pub(super) fn write(
    out: &mut String,
    inside: &Inside,
    table: &Table,
    record: &Record,
    place: &Place<'_>,
    selection: &Selection,
    error: bool,
) {
    let key = table.key.as_deref().and_then(|k| record.cells.get(table.field(k)?)).filter(|k| !k.is_empty());
    let address = match key {
        Some(key) => format!("'{}'", key.replace('\'', "''")),
        None => format!("ROWID={}", record.id),
    };
    let link = json::quoted(&format!("{}/{}({address})", place.base, table.name));
    let _ = write!(out, "\"{0}id\":{link},\"{0}editLink\":{link}", place.prefix);
    for item in &selection.items {
        out.push(',');
        match item {
            Item::RowId => {
                let _ = write!(out, "\"ROWID\":{}", record.id);
            }
            Item::RowModId => {
                let _ = write!(out, "\"ROWMODID\":{}", record.mod_id);
            }
            Item::Field(index, repetition, name) => {
                json::string(out, name);
                out.push(':');
                let kind = table.fields.get(*index).map_or(Kind::Text, |f| f.kind);
                let cell = record.cells.get(*index).map_or("", String::as_str);
                let text = cell.split('\u{1D}').nth(repetition - 1).unwrap_or_default();
                stored::odata(out, kind, text, selection.exact, inside.settings.question_marks);
            }
        }
    }
    if error {
        out.push_str(
            ",\"error\":[{\"error\":{\"code\":\"8309\",\"message\":\"FQL0009/(1:20): The column named \\\"not_real_field\\\" does not exist in table \\\"users\\\".\"}}]",
        );
    }
}

/// Names between commas; a comma inside double quotes is part of a name.
fn split(select: &str) -> Vec<String> {
    let (mut names, mut quoted) = (vec![String::new()], false);
    for c in select.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => names.push(String::new()),
            c => {
                if let Some(name) = names.last_mut() {
                    name.push(c);
                }
            }
        }
    }
    names.iter().map(|n| n.trim().to_owned()).filter(|n| !n.is_empty()).collect()
}
