//! Every file holds, row by row and field by field, what row-level security shows its person; nothing more, nothing less.

use std::collections::BTreeMap;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::{Map, Value};
use wattle_domain::{ColumnKind, TableName};
use wattle_protocol::pull::COMMON_COLUMNS;

use super::super::desk::DeskProcess;
use super::super::town::Town;
use super::open;

type Rows = BTreeMap<String, Map<String, Value>>;

/// What rests sealed at the server is compared between the files: the first that has a row, by clinic and row.
type Unsealed = BTreeMap<(usize, String), (String, Vec<Value>)>;

pub fn check(town: &Town) -> Vec<String> {
    let (mut wrong, mut compared) = (Vec::new(), 0);
    let mut unsealed = Unsealed::new();
    for desk in &town.desks {
        let file = open(desk);
        let mut rows = 0;
        let mut server = server(town, desk);
        for &table in TableName::ALL {
            let (theirs, mut ours) = (server.remove(&table).unwrap_or_default(), mirror(&file, table));
            rows += ours.len();
            let name = table.as_str();
            for (id, row) in &mut ours {
                let sealed: Vec<Value> =
                    table.table().sealed().map(|c| row.remove(c.name).unwrap_or_default()).collect();
                let key = (desk.clinic, id.clone());
                let first = unsealed.entry(key).or_insert_with(|| (desk.name.clone(), sealed.clone()));
                if first.1 != sealed {
                    wrong.push(format!("{}: {name} {id} is not what it is at {}", desk.name, first.0));
                }
            }
            for (id, row) in &theirs {
                match ours.get(id) {
                    None => wrong.push(format!("{}: {name} {id} is missing", desk.name)),
                    Some(our) if our != row => {
                        let fields: Vec<&String> =
                            row.iter().filter(|(k, v)| our.get(*k) != Some(v)).map(|(k, _)| k).collect();
                        wrong.push(format!("{}: {name} {id} differs in {fields:?}", desk.name));
                    }
                    Some(_) => {}
                }
            }
            for id in ours.keys().filter(|id| !theirs.contains_key(*id)) {
                wrong.push(format!("{}: {name} {id} should not be there", desk.name));
            }
        }
        if rows == 0 {
            wrong.push(format!("{}: an empty file", desk.name));
        }
        compared += rows;
    }
    println!("       {compared} rows compared");
    wrong
}

fn columns(table: TableName) -> impl Iterator<Item = (&'static str, ColumnKind)> {
    let common = COMMON_COLUMNS.into_iter().map(|name| {
        let kind = match name {
            "rev" => ColumnKind::Int,
            "created_at" | "updated_at" | "deleted_at" => ColumnKind::Instant,
            "deleted_reason" => ColumnKind::Text,
            _ => ColumnKind::Uuid,
        };
        (name, kind)
    });
    common.chain(table.table().columns.iter().map(|c| (c.name, c.kind)))
}

/// All rows that row-level security shows the desk's person, in one snapshot.
fn server(town: &Town, desk: &DeskProcess) -> BTreeMap<TableName, Rows> {
    let (clinic, user) = (&town.clinics[desk.clinic], desk.seat().signed_in.user);
    let selects: Vec<String> = TableName::ALL.iter().map(|&table| select(table)).collect();
    let sql = format!(
        "SET ROLE wattle_app; SET wattle.clinic = '{clinic}'; SET wattle.\"user\" = '{user}'; {}",
        selects.join(" UNION ALL ")
    );
    let mut all: BTreeMap<TableName, Rows> = BTreeMap::new();
    for line in town.house.text(&sql).unwrap().lines() {
        let (table, row): (TableName, Map<String, Value>) = serde_json::from_str(line).unwrap();
        let (id, row) = keyed(row);
        all.entry(table).or_default().insert(id, row);
    }
    all
}

fn select(table: TableName) -> String {
    let sealed: Vec<&str> = table.table().sealed().map(|column| column.name).collect();
    let pairs: Vec<String> = columns(table)
        .filter(|(name, _)| !sealed.contains(name))
        .map(|(name, kind)| match kind {
            ColumnKind::Instant => format!("'{name}', sync.millis({name})"),
            _ => format!("'{name}', {name}"),
        })
        .collect();
    let name = table.as_str();
    format!("SELECT json_build_array('{name}', json_build_object({})) FROM clinic.{name}", pairs.join(", "))
}

fn mirror(file: &Connection, table: TableName) -> Rows {
    let names: Vec<&str> = columns(table).map(|(name, _)| name).collect();
    let mut query = file.prepare(&format!("SELECT {} FROM {}", names.join(", "), table.as_str())).unwrap();
    let rows = query.query_map([], |row| {
        let mut object = Map::new();
        for (at, (name, kind)) in columns(table).enumerate() {
            let value = match (kind, row.get_ref(at)?) {
                (_, ValueRef::Null) => Value::Null,
                (ColumnKind::Bool, ValueRef::Integer(n)) => Value::Bool(n != 0),
                (_, ValueRef::Integer(n)) => n.into(),
                (ColumnKind::Json, ValueRef::Text(text)) => serde_json::from_slice(text).unwrap(),
                (_, ValueRef::Text(text)) => String::from_utf8(text.to_vec()).unwrap().into(),
                (_, other) => panic!("{name}: {other:?}"),
            };
            object.insert(name.to_owned(), value);
        }
        Ok(keyed(object))
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn keyed(row: Map<String, Value>) -> (String, Map<String, Value>) {
    (row["id"].as_str().unwrap().to_owned(), row)
}
