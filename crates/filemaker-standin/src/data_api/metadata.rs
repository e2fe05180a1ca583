//! Product, databases, layouts, scripts, and what a layout shows.

use serde_json::{Map, Value, json};

use crate::database::{Class, Database, Field, Kind, Table};

pub(super) fn product(dateformats: bool) -> String {
    json!({ "productInfo": {
        "name": "FileMaker Data API Engine", "buildDate": "02/02/2023",
        "version": if dateformats { "19.6.3.302" } else { "19.5.4.401" },
        "dateFormat": "MM/dd/yyyy", "timeFormat": "HH:mm:ss", "timeStampFormat": "MM/dd/yyyy HH:mm:ss",
    }})
    .to_string()
}

pub(super) fn databases(database: &Database) -> String {
    json!({ "databases": [{ "name": database.name.trim_end_matches(".fmp12") }] }).to_string()
}

pub(super) fn layouts(database: &Database) -> String {
    let mut list: Vec<Value> = database
        .tables
        .iter()
        .filter(|t| !database.folders.iter().any(|(_, inside)| inside.contains(&t.layout)))
        .map(|t| json!({ "name": t.layout }))
        .collect();
    for (folder, inside) in &database.folders {
        let names: Vec<Value> = inside.iter().map(|name| json!({ "name": name })).collect();
        list.push(json!({ "name": folder, "isFolder": true, "folderLayoutNames": names }));
    }
    json!({ "layouts": list }).to_string()
}

pub(super) fn scripts(database: &Database) -> String {
    let script = |name: &String| json!({ "name": name, "isFolder": false });
    let mut list: Vec<Value> = database.scripts.iter().map(script).collect();
    for (folder, inside) in &database.script_folders {
        let names: Vec<Value> = inside.iter().map(script).collect();
        list.push(json!({ "name": folder, "folderScriptNames": names, "isFolder": true }));
    }
    json!({ "scripts": list }).to_string()
}

pub(super) fn layout(database: &Database, table: &Table) -> String {
    let mut fields: Vec<Value> =
        table.fields.iter().filter(|f| f.on_layout).map(|f| field(&f.name, f)).collect();
    for (shown, occurrence, name) in &table.related {
        if let Some(f) = find(database, occurrence, name) {
            fields.push(field(shown, f));
        }
    }
    let mut portals = Map::new();
    for portal in &table.portals {
        let shown: Vec<Value> = portal
            .fields
            .iter()
            .filter_map(|shown| {
                let (_, name) = shown.split_once("::")?;
                Some(field(shown, find(database, &portal.table, name)?))
            })
            .collect();
        portals.insert(portal.name.clone(), Value::Array(shown));
    }
    json!({ "fieldMetaData": fields, "portalMetaData": portals }).to_string()
}

fn find<'a>(database: &'a Database, table: &str, name: &str) -> Option<&'a Field> {
    let table = database.table(table)?;
    table.fields.get(table.field(name)?)
}

fn field(shown: &str, field: &Field) -> Value {
    let class = match field.class {
        Class::Normal => "normal",
        Class::Calculation => "calculation",
        Class::Summary => "summary",
    };
    let result = match field.kind {
        Kind::Text => "text",
        Kind::Number => "number",
        Kind::Date => "date",
        Kind::Time => "time",
        Kind::TimeStamp => "timeStamp",
        Kind::Container => "container",
    };
    json!({
        "name": shown, "type": class, "displayType": "editText", "result": result, "global": field.global,
        "autoEnter": field.auto_enter, "fourDigitYear": false, "maxRepeat": field.max_repeat, "maxCharacters": 0,
        "notEmpty": false, "numeric": false, "timeOfDay": false, "repetitionStart": 1,
        "repetitionEnd": field.max_repeat,
    })
}
