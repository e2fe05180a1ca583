//! Records: by page, by number, by find.

use std::fmt::Write;

use serde_json::Value;

use super::ok;
use crate::container::{self, Grant};
use crate::database::{Database, Kind, Record, Table};
use crate::json;
use crate::reply::Reply;
use crate::server::{Asked, Inside};
use crate::stored::{self, Dates};

/// How a request wants its records.
struct Wish<'a> {
    version: &'a str,
    token: &'a str,
    dates: Dates,
    offset: usize,
    limit: usize,
    portal_limit: usize,
}

impl<'a> Wish<'a> {
    fn new(
        inside: &Inside,
        version: &'a str,
        token: &'a str,
        get: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, u32> {
        let number = |name: &str, usual: usize| match get(name) {
            None => Ok(usual),
            Some(text) => text.parse::<usize>().ok().filter(|n| *n > 0).ok_or(960_u32),
        };
        let dates = match get("dateformats").as_deref() {
            _ if !inside.settings.dateformats => Dates::Us,
            None | Some("0") => Dates::Us,
            Some("1") => Dates::FileLocale,
            Some("2") => Dates::Iso,
            Some(_) => return Err(960),
        };
        Ok(Self {
            version,
            token,
            dates,
            offset: number("offset", 1)?,
            limit: number("limit", 100)?,
            portal_limit: number("portal_limit", 50)?,
        })
    }
}

pub(super) fn list(inside: &mut Inside, asked: &Asked, version: &str, token: &str, layout: &str) -> Reply {
    let get = |name: &str| {
        let name = if name == "dateformats" { name.to_owned() } else { format!("_{name}") };
        asked.address.get(&name).map(ToOwned::to_owned)
    };
    let wish = match Wish::new(inside, version, token, &get) {
        Ok(wish) => wish,
        Err(code) => return Reply::data_api_error(code),
    };
    let Some(table) = inside.database.layout(layout) else { return Reply::data_api_error(105) };
    let hidden = |id: u64| inside.settings.hide_every.is_some_and(|n| id.is_multiple_of(n));
    let ids: Vec<u64> = table.records.iter().map(|r| r.id).filter(|id| !hidden(*id)).collect();
    reply(inside, layout, &ids, &wish)
}

pub(super) fn one(
    inside: &mut Inside,
    asked: &Asked,
    version: &str,
    token: &str,
    layout: &str,
    id: &str,
) -> Reply {
    let get = |name: &str| {
        (name == "dateformats").then(|| asked.address.get(name).map(ToOwned::to_owned)).flatten()
    };
    let wish = match Wish::new(inside, version, token, &get) {
        Ok(wish) => wish,
        Err(code) => return Reply::data_api_error(code),
    };
    let Some(table) = inside.database.layout(layout) else { return Reply::data_api_error(105) };
    match id.parse::<u64>().ok().filter(|id| table.record(*id).is_some()) {
        Some(id) => reply(inside, layout, &[id], &wish),
        None => Reply::data_api_error(101),
    }
}

pub(super) fn find(inside: &mut Inside, asked: &Asked, version: &str, token: &str, layout: &str) -> Reply {
    let Ok(body) = serde_json::from_slice::<Value>(&asked.body) else { return Reply::data_api_error(960) };
    let get = |name: &str| match body.get(name)? {
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let wish = match Wish::new(inside, version, token, &get) {
        Ok(wish) => wish,
        Err(code) => return Reply::data_api_error(code),
    };
    let Some(table) = inside.database.layout(layout) else { return Reply::data_api_error(105) };
    let Some(requests) = body.get("query").and_then(Value::as_array) else {
        return Reply::data_api_error(958);
    };
    match found(table, requests) {
        Err(code) => Reply::data_api_error(code),
        Ok(ids) if ids.is_empty() => Reply::data_api_error(401),
        Ok(ids) => reply(inside, layout, &ids, &wish),
    }
}

/// Fields of one request AND, requests OR, omits taken out.
fn found(table: &Table, requests: &[Value]) -> Result<Vec<u64>, u32> {
    let mut keep = vec![false; table.records.len()];
    for request in requests {
        let fields = request.as_object().ok_or(960_u32)?;
        let omit = fields.get("omit").is_some_and(|o| o == "true" || *o == Value::Bool(true));
        let mut criteria = Vec::new();
        for (name, wanted) in fields.iter().filter(|(name, _)| *name != "omit") {
            let wanted = wanted.as_str().map_or_else(|| wanted.to_string(), ToOwned::to_owned);
            criteria.push((table.field(name).ok_or(102_u32)?, wanted));
        }
        if criteria.iter().all(|(_, wanted)| wanted.is_empty()) {
            return Err(400);
        }
        for (record, keep) in table.records.iter().zip(&mut keep) {
            let hit = criteria
                .iter()
                .all(|(field, wanted)| matches(record.cells.get(*field).map_or("", String::as_str), wanted));
            *keep = if omit { *keep && !hit } else { *keep || hit };
        }
    }
    Ok(table.records.iter().zip(keep).filter(|(_, keep)| *keep).map(|(r, _)| r.id).collect())
}

fn matches(cell: &str, wanted: &str) -> bool {
    let cell = cell.to_lowercase();
    match wanted.to_lowercase() {
        all if all == "*" => !cell.is_empty(),
        exact if exact.starts_with("==") => cell == exact.trim_start_matches('='),
        equal if equal.starts_with('=') => {
            let wanted = equal.trim_start_matches('=');
            if wanted.is_empty() { cell.is_empty() } else { cell.split_whitespace().any(|w| w == wanted) }
        }
        start => cell.split_whitespace().any(|w| w.starts_with(&start)),
    }
}

fn reply(inside: &mut Inside, layout: &str, ids: &[u64], wish: &Wish<'_>) -> Reply {
    // Container URLs are made for the session, so they come first.
    let page: Vec<u64> = ids.iter().copied().skip(wish.offset - 1).take(wish.limit).collect();
    if page.is_empty() && (wish.offset > 1 || ids.is_empty()) {
        return Reply::data_api_error(if ids.is_empty() { 401 } else { 101 });
    }
    let urls = urls(inside, layout, &page, wish);
    let Some(table) = inside.database.layout(layout) else { return Reply::data_api_error(105) };
    let mut out = String::with_capacity(page.len() * 700);
    let name = json::quoted(inside.database.name.trim_end_matches(".fmp12"));
    let _ = write!(
        out,
        "{{\"dataInfo\":{{\"database\":{name},\"layout\":{},\"table\":{},\"totalRecordCount\":{},\"foundCount\":{},\
         \"returnedCount\":{}}},\"data\":[",
        json::quoted(layout),
        json::quoted(&table.name),
        table.records.len(),
        ids.len(),
        page.len()
    );
    let mut urls = urls.into_iter();
    for (i, id) in page.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        if let Some(record) = table.record(*id) {
            write_record(&mut out, &inside.database, table, record, wish, &mut urls);
        }
    }
    out.push_str("]}");
    ok(out)
}

/// The URLs of a page's containers, in the order in which the records are written.
fn urls(inside: &mut Inside, layout: &str, page: &[u64], wish: &Wish<'_>) -> Vec<String> {
    let Some(table) = inside.database.layout(layout) else { return Vec::new() };
    let mut wanted = Vec::new();
    for record in page.iter().filter_map(|id| table.record(*id)) {
        for (index, field) in table.fields.iter().enumerate() {
            if field.on_layout && field.kind == Kind::Container {
                wanted.extend((1..=field.max_repeat).filter_map(|repetition| {
                    let stored = record.files.get(&(index, repetition))?;
                    let grant = Grant {
                        session: wish.token.to_owned(),
                        table: table.name.clone(),
                        record: record.id,
                        field: index,
                        repetition,
                    };
                    Some((grant, stored.name.clone()))
                }));
            }
        }
    }
    wanted.into_iter().map(|(grant, name)| container::url(inside, grant, &name)).collect()
}

fn write_record(
    out: &mut String,
    database: &Database,
    table: &Table,
    record: &Record,
    wish: &Wish<'_>,
    urls: &mut dyn Iterator<Item = String>,
) {
    out.push_str("{\"fieldData\":{");
    let mut first = true;
    let mut key = |out: &mut String, name: &str| {
        if !std::mem::take(&mut first) {
            out.push(',');
        }
        json::string(out, name);
        out.push(':');
    };
    for (index, field) in table.fields.iter().enumerate().filter(|(_, f)| f.on_layout) {
        let cell = record.cells.get(index).map_or("", String::as_str);
        let mut repetitions = cell.split('\u{1D}');
        for repetition in 1..=field.max_repeat {
            let text = repetitions.next().unwrap_or_default();
            match field.max_repeat {
                1 => key(out, &field.name),
                _ => key(out, &format!("{}({repetition})", field.name)),
            }
            if field.kind == Kind::Container {
                let here = record.files.contains_key(&(index, repetition));
                json::string(out, &if here { urls.next().unwrap_or_default() } else { String::new() });
            } else {
                stored::data_api(out, field.kind, text, wish.dates);
            }
        }
    }
    for (shown, occurrence, name) in &table.related {
        key(out, shown);
        let portal = table.portals.iter().find(|p| p.table == *occurrence);
        let there = portal.map(|p| related(database, table, record, p)).unwrap_or_default();
        let cell = database.table(occurrence).and_then(|t| {
            let field = t.fields.get(t.field(name)?)?;
            Some((field.kind, there.first()?.cells.get(t.field(name)?)?.clone()))
        });
        match cell {
            Some((kind, text)) => stored::data_api(out, kind, &text, wish.dates),
            None => out.push_str("\"\""),
        }
    }
    out.push_str("},\"portalData\":{");
    let mut info = String::new();
    for (i, portal) in table.portals.iter().enumerate() {
        let comma = if i > 0 { "," } else { "" };
        let rows = related(database, table, record, portal);
        // In v1 the shape depends on the layout's view: a table view shows the first related record only.
        let limit = if wish.version == "v1" { 1 } else { wish.portal_limit };
        let shown: Vec<String> =
            rows.iter().take(limit).map(|r| portal_row(database, portal, r, wish)).collect();
        let _ = write!(out, "{comma}{}:[{}]", json::quoted(&portal.name), shown.join(","));
        let _ = write!(
            info,
            "{comma}{{\"database\":{},\"table\":{},\"foundCount\":{},\"returnedCount\":{}}}",
            json::quoted(database.name.trim_end_matches(".fmp12")),
            json::quoted(&portal.table),
            rows.len(),
            shown.len()
        );
    }
    let _ = write!(
        out,
        "}},\"recordId\":\"{}\",\"modId\":\"{}\",\"portalDataInfo\":[{info}]}}",
        record.id, record.mod_id
    );
}

fn related<'a>(
    database: &'a Database,
    table: &Table,
    record: &Record,
    portal: &crate::database::Portal,
) -> Vec<&'a Record> {
    let Some(there) = database.table(&portal.table) else { return Vec::new() };
    let (Some(mine), Some(theirs)) = (table.field(&portal.on.0), there.field(&portal.on.1)) else {
        return Vec::new();
    };
    let Some(key) = record.cells.get(mine).filter(|k| !k.is_empty()) else { return Vec::new() };
    there.records.iter().filter(|r| r.cells.get(theirs) == Some(key)).collect()
}

fn portal_row(
    database: &Database,
    portal: &crate::database::Portal,
    row: &Record,
    wish: &Wish<'_>,
) -> String {
    let mut out = format!("{{\"recordId\":\"{}\"", row.id);
    for shown in &portal.fields {
        let Some((occurrence, name)) = shown.split_once("::") else { continue };
        out.push(',');
        json::string(&mut out, shown);
        out.push(':');
        let cell = database.table(occurrence).filter(|t| t.name == portal.table).and_then(|t| {
            let index = t.field(name)?;
            Some((t.fields.get(index)?.kind, row.cells.get(index)?.clone()))
        });
        match cell {
            Some((kind, text)) => stored::data_api(&mut out, kind, &text, wish.dates),
            None => out.push_str("\"\""),
        }
    }
    let _ = write!(out, ",\"modId\":\"{}\"}}", row.mod_id);
    out
}
