//! OData's `$metadata`, as FileMaker writes it: tables, fields, and what they are.

use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// A whole file's schema.
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    /// Table occurrences.
    pub tables: Vec<Table>,
}

/// A table occurrence.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// As it is asked for.
    pub name: String,
    /// FileMaker's own number of the base table: two occurrences of one table share it.
    pub table_id: String,
    /// The fields of the primary key.
    pub key: Vec<String>,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// A field.
#[derive(Clone, Debug, Default)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// `TEXT`, `NUMBER`, `DATE`, `TIME`, `TIMESTAMP`, `CONTAINER`.
    pub kind: &'static str,
    /// Calculated.
    pub calculation: bool,
    /// Over a found set.
    pub summary: bool,
    /// One value for the whole file.
    pub global: bool,
    /// FileMaker keeps an index.
    pub indexed: bool,
    /// Filled when a record is made.
    pub auto_enter: bool,
    /// It must not be empty.
    pub required: bool,
    /// The time of the last change.
    pub version: bool,
    /// Repetitions; 1 where nothing is said.
    pub max_repeat: u32,
    /// Where secure external storage keeps its files.
    pub external: bool,
}

/// It is no metadata; what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable(pub &'static str);

impl Metadata {
    /// Reads the XML.
    ///
    /// # Errors
    /// When it is damaged, cut short or something else.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        let mut reader = Reader::from_str(text);
        let mut types: HashMap<String, Table> = HashMap::new();
        let mut this = Self::default();
        let (mut table, mut type_name, mut field) = (Table::default(), String::new(), None::<Field>);
        let (mut whole, mut in_type) = (false, false);
        loop {
            let event = reader.read_event().map_err(|_| Unreadable("the XML is damaged"))?;
            let empty = matches!(event, Event::Empty(_));
            match event {
                Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                    "EntityType" => {
                        in_type = true;
                        type_name = attribute(&tag, "Name");
                        table = Table::default();
                    }
                    "PropertyRef" if in_type => table.key.push(attribute(&tag, "Name")),
                    "Property" if in_type => {
                        let new = property(&tag);
                        if empty { table.fields.push(new) } else { field = Some(new) }
                    }
                    "Annotation" if in_type => annotate(&tag, field.as_mut(), &mut table),
                    "EntitySet" => {
                        let of = attribute(&tag, "EntityType");
                        let of = of.rsplit('.').next().unwrap_or_default();
                        if let Some(found) = types.get(of) {
                            this.tables.push(Table { name: attribute(&tag, "Name"), ..found.clone() });
                        }
                    }
                    _ => {}
                },
                Event::End(tag) => match tag.local_name().as_ref() {
                    "Property" => table.fields.extend(field.take()),
                    "EntityType" => {
                        in_type = false;
                        types.insert(std::mem::take(&mut type_name), std::mem::take(&mut table));
                    }
                    "Edmx" => whole = true,
                    _ => {}
                },
                Event::Eof if whole => return Ok(this),
                Event::Eof => return Err(Unreadable("it ends before its last tag, or is no $metadata")),
                _ => {}
            }
        }
    }

    /// A table by name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|t| t.name == name)
    }
}

fn property(tag: &BytesStart<'_>) -> Field {
    let kind = match attribute(tag, "Type").as_str() {
        "Edm.Decimal" | "Edm.Double" | "Edm.Int64" | "Edm.Int32" => "NUMBER",
        "Edm.Date" => "DATE",
        "Edm.TimeOfDay" | "Edm.Duration" => "TIME",
        "Edm.DateTimeOffset" => "TIMESTAMP",
        "Edm.Binary" | "Edm.Stream" => "CONTAINER",
        _ => "TEXT",
    };
    let required = attribute(tag, "Nullable") == "false";
    Field { name: attribute(tag, "Name"), kind, required, max_repeat: 1, ..Field::default() }
}

fn annotate(tag: &BytesStart<'_>, field: Option<&mut Field>, table: &mut Table) {
    let term = attribute(tag, "Term");
    let Some(term) = term.strip_prefix("com.filemaker.odata.") else { return };
    let Some(field) = field else {
        if term == "TableID" {
            table.table_id = attribute(tag, "String");
        }
        return;
    };
    match term {
        "Calculation" => field.calculation = true,
        "Summary" => field.summary = true,
        "Global" => field.global = true,
        "Index" => field.indexed = true,
        "AutoGenerated" => field.auto_enter = true,
        "VersionID" => field.version = true,
        "ExternalSecurePath" => field.external = true,
        "MaxRepetitions" => {
            // Which kind of constant it is written as, no recording shows.
            let said = [attribute(tag, "Int"), attribute(tag, "String")];
            field.max_repeat = said.iter().find_map(|n| n.parse().ok()).unwrap_or(1);
        }
        _ => {}
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> String {
    let found = tag.try_get_attribute(name).ok().flatten();
    found
        .and_then(|a| a.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok().map(|v| v.into_owned()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_cut_short_or_something_else_is_refused() {
        for text in ["", "<html></html>", "<edmx:Edmx><EntityType Name=\"A_\">", "not XML <"] {
            assert!(Metadata::read(text).is_err(), "{text}");
        }
    }
}
