//! The sample clinic of `fm-migrate sample` as the FileMaker file that its exports came from.
//!
//! What is damage of an export, not of FileMaker (records with too few cells), is not in the file.

use std::path::Path;

use wattle_fm_migrate::mapping::{Mapping, TableMapping};
use wattle_fm_migrate::raw::RawRow;
use wattle_fm_migrate::read::Source;

use crate::Error;
use crate::database::{Class, Database, Field, Kind, Record, Stored, Table};

/// What the exports do not say of their fields: everything else is text with one repetition.
const KINDS: &[(&str, &str, Kind)] = &[
    ("practitioners", "UsualMinutes", Kind::Number),
    ("practitioners", "FinishDate", Kind::Date),
    ("patients", "Age", Kind::Number),
    ("patients", "DateDeceased", Kind::Date),
    ("patients", "Postcode", Kind::Number),
    ("patients", "MedicareRef", Kind::Number),
    ("patients", "FeesOwing", Kind::Number),
    ("appointments", "ApptID", Kind::Number),
    ("appointments", "StartTime", Kind::Time),
    ("appointments", "Duration", Kind::Number),
    ("appointments", "ArrivedTS", Kind::TimeStamp),
    ("appointments", "StartedTS", Kind::TimeStamp),
    ("appointments", "FinishedTS", Kind::TimeStamp),
    ("appointments", "CreatedTS", Kind::TimeStamp),
    ("appointments", "ChangedTS", Kind::TimeStamp),
    ("notes", "ApptID", Kind::Number),
    ("notes", "NoteDate", Kind::Date),
    ("notes", "NoteTime", Kind::Time),
    ("medicines", "Qty", Kind::Number),
    ("medicines", "Repeats", Kind::Number),
    ("medicines", "Started", Kind::Date),
    ("medicines", "Ceased", Kind::Date),
    ("observations", "ApptID", Kind::Number),
    ("observations", "TakenTS", Kind::TimeStamp),
    ("recalls", "DueDate", Kind::Date),
    ("recalls", "DateDone", Kind::Date),
    ("letters", "LetterTS", Kind::TimeStamp),
    ("invoices", "InvoiceDate", Kind::Date),
    ("invoice_items", "ServiceDate", Kind::Date),
    ("invoice_items", "Qty", Kind::Number),
    ("invoice_items", "Fee", Kind::Number),
    ("invoice_items", "GST", Kind::Number),
    ("payments", "DatePaid", Kind::Date),
    ("payments", "AmountPaid", Kind::Number),
    ("log", "LogTS", Kind::TimeStamp),
    ("documents", "ScannedTS", Kind::TimeStamp),
    ("documents", "File", Kind::Container),
    ("documents", "FileSize", Kind::Number),
];
const REPEAT: &[(&str, usize)] = &[
    ("ProviderNo", 2),
    ("Phone", 3),
    ("File", 2),
    ("FileName", 2),
    ("FileMD5", 2),
    ("FileSize", 2),
    ("Storage", 2),
    ("FilePath", 2),
];
/// Fields that FileMaker calculates.
const CALCULATED: &[&str] = &["Age", "FeesOwing", "FileName", "FileMD5", "FileSize", "Storage", "FilePath"];

/// Reads a folder that `fm-migrate sample` wrote.
///
/// # Errors
/// When it is no such folder.
pub fn sample(folder: &Path) -> Result<Database, Error> {
    let mapping = Mapping::read(&folder.join("clinic.toml"))?;
    let name = mapping.clinic.file.trim_end_matches(".fmp12").to_owned();
    let mut tables = Vec::new();
    for (ours, export) in mapping.tables() {
        let theirs = export.path.file_stem().map(|name| name.to_string_lossy()).unwrap_or_default();
        let key = export.fields.get("key").map(String::as_str).unwrap_or_default();
        tables.push(table(&mapping, ours.as_str(), &theirs, key, export)?);
    }
    let layouts = tables.iter().map(|t| t.layout.clone()).collect();
    Ok(Database { name, tables, folders: vec![("API".into(), layouts)], ..Database::default() })
}

fn table(
    mapping: &Mapping,
    ours: &str,
    theirs: &str,
    key: &str,
    export: &TableMapping,
) -> Result<Table, Error> {
    let mut source = Source::open(&mapping.export(export), &export.layout)?;
    let mut fields: Vec<Field> = source
        .columns()
        .iter()
        .map(|column| {
            let kind = KINDS.iter().find(|(t, f, _)| *t == ours && *f == column.name);
            let mut field = Field::new(&column.name, kind.map_or(Kind::Text, |(.., kind)| *kind));
            if let Some((_, n)) = REPEAT.iter().find(|(f, _)| *f == column.name) {
                field.max_repeat = *n;
            }
            if CALCULATED.contains(&column.name.as_str()) {
                field.class = Class::Calculation;
            }
            field
        })
        .collect();
    let typed = fields.len();
    // Every file has these: a global that people type searches into, a summary, a field that the layout does not show.
    fields.push(Field { global: true, ..Field::new("gSearch", Kind::Text) });
    fields.push(Field { class: Class::Summary, ..Field::new("sCount", Kind::Number) });
    fields.push(Field { on_layout: false, auto_enter: true, ..Field::new("ModifiedBy", Kind::Text) });
    let (mut records, mut row) = (Vec::new(), RawRow::default());
    while source.next(&mut row)? {
        if row.cells.len() != typed {
            continue;
        }
        let mut cells: Vec<String> = row.cells.iter().map(|c| c.clone().unwrap_or_default()).collect();
        cells.extend(["".into(), "".into(), "admin".into()]);
        let number = |text: &Option<String>| text.as_ref().and_then(|t| t.parse().ok());
        let id = number(&row.record_id).unwrap_or(row.position);
        let mut record = Record { id, mod_id: number(&row.mod_id).unwrap_or(1), cells, ..Record::default() };
        if let Some(container) = &export.container {
            stored(mapping, export, (theirs, key, container), &fields, &mut record)?;
        }
        records.push(record);
    }
    records.sort_by_key(|r| r.id);
    Ok(Table {
        name: theirs.into(),
        layout: format!("{theirs} API"),
        key: Some(key.into()),
        fields,
        records,
        ..Table::default()
    })
}

/// The files of a record: those that lie in the sample's folder, and those that FileMaker names and does not hold.
fn stored(
    mapping: &Mapping,
    export: &TableMapping,
    (table, key, container): (&str, &str, &str),
    fields: &[Field],
    record: &mut Record,
) -> Result<(), Error> {
    let place = |name: &str| fields.iter().position(|f| f.name == name);
    let cell = |name: &str| place(name).and_then(|i| record.cells.get(i)).cloned().unwrap_or_default();
    let (Some(index), key, names) = (place(container), cell(key), cell("FileName")) else { return Ok(()) };
    let root = mapping.path.parent().unwrap_or(Path::new("."));
    let folder = root.join(export.folder.as_deref().unwrap_or(Path::new("."))).join(table).join(key.trim());
    for (repetition, name) in (1..).zip(names.split('\u{1D}')).filter(|(_, name)| !name.is_empty()) {
        let path = folder.join(container).join(format!("{repetition}__{name}"));
        let bytes = if path.is_file() { Some(std::fs::read(&path)?) } else { None };
        record.files.insert((index, repetition), Stored { name: name.to_owned(), bytes });
    }
    Ok(())
}
