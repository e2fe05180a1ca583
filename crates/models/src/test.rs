//! What must hold of a model's rows, as its header says it, and as SQL that finds what does not.

use crate::header::Model;
use crate::relation::{Relation, is_name};

/// One test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// The column is never empty.
    NotNull(String),
    /// No two rows of a clinic have the same in these columns.
    Unique(Vec<String>),
    /// What the column names is there, in the same clinic.
    Relationship(String, Relation, String),
    /// The column says one of these words.
    AcceptedValues(String, Vec<String>),
    /// As many rows as there are in a table, where a condition holds.
    Rows(Relation, Option<String>),
    /// A condition holds of each row.
    Holds(String),
}

impl Test {
    /// Reads `kind: what`.
    pub(crate) fn read(kind: &str, what: &str) -> Result<Vec<Self>, String> {
        let names = |text: &str| text.split(',').map(column).collect::<Result<Vec<_>, _>>();
        match kind {
            "not_null" => Ok(names(what)?.into_iter().map(Self::NotNull).collect()),
            "unique" => Ok(vec![Self::Unique(names(what)?)]),
            "relationships" => {
                let parts =
                    what.split_once("->").and_then(|(from, to)| Some((from, to.trim().rsplit_once('.')?)));
                let Some((from, (to, field))) = parts else {
                    return Err("relationships is written as `column -> schema.table.column`.".into());
                };
                let to = Relation::read(to).ok_or_else(|| format!("{to} is no table that models read."))?;
                Ok(vec![Self::Relationship(column(from)?, to, column(field)?)])
            }
            "accepted_values" => {
                let Some((of, values)) = what.split_once('=') else {
                    return Err("accepted_values is written as `column = word, word`.".into());
                };
                let words = values.split(',').map(|w| w.trim().to_owned()).collect::<Vec<_>>();
                match words.iter().all(|w| is_name(w)) {
                    true => Ok(vec![Self::AcceptedValues(column(of)?, words)]),
                    false => Err("accepted values are words of small letters.".into()),
                }
            }
            "rows" => {
                let Some(of) = what.strip_prefix('=') else {
                    return Err("rows is written as `= schema.table where condition`.".into());
                };
                let (table, condition) = match of.split_once(" where ") {
                    Some((table, condition)) => (table, Some(condition.trim().to_owned())),
                    None => (of, None),
                };
                let table = table.trim();
                let table =
                    Relation::read(table).ok_or_else(|| format!("{table} is no table that models read."))?;
                Ok(vec![Self::Rows(table, condition)])
            }
            "holds" => Ok(vec![Self::Holds(what.into())]),
            other => Err(format!(
                "{other} is no test; there are not_null, unique, relationships, accepted_values, rows, holds."
            )),
        }
    }

    /// What is asked, in the words of the header.
    #[must_use]
    pub fn said(&self) -> String {
        match self {
            Self::NotNull(column) => format!("not_null {column}"),
            Self::Unique(columns) => format!("unique {}", columns.join(", ")),
            Self::Relationship(column, to, field) => format!("relationships {column} -> {to}.{field}"),
            Self::AcceptedValues(column, _) => format!("accepted_values {column}"),
            Self::Rows(of, condition) => match condition {
                Some(condition) => format!("rows = {of} where {condition}"),
                None => format!("rows = {of}"),
            },
            Self::Holds(condition) => format!("holds {condition}"),
        }
    }

    /// The table that it looks at beside the model.
    #[must_use]
    pub fn beside(&self) -> Option<&Relation> {
        match self {
            Self::Relationship(_, to, _) | Self::Rows(to, _) => Some(to),
            _ => None,
        }
    }

    /// SQL of one text column: the keys of rows that fail, or how many rows there are; nothing where it holds.
    pub(crate) fn failing(&self, model: &Model, name: impl Fn(&Relation) -> String) -> String {
        let (table, key) = (name(&model.output), key(model));
        let rows_where = |condition: String| format!("SELECT {key} AS key FROM {table} t WHERE {condition}");
        match self {
            Self::NotNull(column) => rows_where(format!("t.{column} IS NULL")),
            Self::Unique(columns) => duplicates(&table, columns, &key),
            Self::Relationship(column, to, field) => rows_where(format!(
                "t.{column} IS NOT NULL AND NOT EXISTS (SELECT FROM {} o WHERE o.clinic_id = t.clinic_id AND o.{field} = t.{column})",
                name(to)
            )),
            Self::AcceptedValues(column, words) => {
                rows_where(format!("t.{column} NOT IN ('{}')", words.join("', '")))
            }
            Self::Rows(of, condition) => {
                let condition = condition.as_ref().map_or_else(String::new, |c| format!(" WHERE {c}"));
                format!(
                    "SELECT held || ' rows, and there are ' || wanted AS key FROM (SELECT (SELECT count(*) FROM {table}) AS held, \
                     (SELECT count(*) FROM {}{condition}) AS wanted) AS n WHERE held <> wanted",
                    name(of)
                )
            }
            Self::Holds(condition) => rows_where(format!("({condition}) IS NOT TRUE")),
        }
    }
}

/// SQL of the keys that occur more than once.
pub(crate) fn duplicates(table: &str, columns: &[String], key: &str) -> String {
    let columns: Vec<String> = columns.iter().map(|c| format!("t.{c}")).collect();
    format!(
        "SELECT min({key}) AS key FROM {table} t GROUP BY t.clinic_id, {} HAVING count(*) > 1",
        columns.join(", ")
    )
}

/// The key of a row `t`, without its clinic, as text.
pub(crate) fn key(model: &Model) -> String {
    let columns = model.key.iter().filter(|c| *c != "clinic_id").map(|c| format!("t.{c}::text"));
    format!("concat_ws(' ', {})", columns.collect::<Vec<_>>().join(", "))
}

/// A column's name.
pub(crate) fn column(text: &str) -> Result<String, String> {
    let text = text.trim();
    if is_name(text) { Ok(text.to_owned()) } else { Err(format!("\"{text}\" is no name of a column.")) }
}
