//! The list for a person: every record that was not loaded and every note on one that was, with the text as FileMaker has it.
//!
//! Must never: be written where others look, or over what is there: it holds what the records hold.
//! Called by: the binary, the tests.

use std::collections::BTreeMap;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use futures::TryStreamExt as _;
use serde::Serialize;
use sqlx::AssertSqlSafe;
use wattle_domain::ClinicId;

use crate::error::Error;
use crate::load::connect::{connect, prepare};
use crate::load::last_run::last_import;
use crate::mapping::Mapping;
use crate::raw::GS;
use crate::verify::spot::private;

/// What to list, where to.
#[derive(Clone, Debug)]
pub struct Request {
    /// `clinic.toml`: which column is the key of a record.
    pub mapping: PathBuf,
    /// As `wattle_migrator`, or as somebody who may become it.
    pub database_url: String,
    /// The tenant.
    pub clinic: ClinicId,
    /// A folder that is not there yet.
    pub out: PathBuf,
}

/// How much was listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Records of `rejects.csv`.
    pub rejected: u64,
    /// Lines of `notes.csv`.
    pub noted: u64,
    /// Lines of `texts.csv`.
    pub texts: u64,
}

/// Different texts that are counted; of a file with more, the first ones.
const MOST_TEXTS: usize = 50_000;

type Stored = (String, Option<String>, i64, String, String, Vec<String>, Vec<Option<String>>, Option<String>);
/// Table, field, reason, text.
type Text = (String, String, String, String);

/// Writes `rejects.csv`, `notes.csv` (a line each, with the record's key and the text) and `texts.csv` (each text that stands in
/// the way of several records, or that no word of the mapping translates, the most frequent first) of the latest import.
///
/// # Errors
/// When nothing was imported, the folder is there already or cannot be made, or PostgreSQL refuses.
pub async fn list(request: &Request) -> Result<Listed, Error> {
    let mapping = Mapping::read(&request.mapping)?;
    let mut connection = connect(&request.database_url, request.clinic).await?;
    prepare(&mut connection).await?;
    let Some((run, _)) = last_import(&mut connection, request.clinic).await? else {
        return Err(Error::Refused("nothing was imported yet: run import first.".into()));
    };
    crate::cutover::new_folder(&request.out).map_err(Error::file(&request.out))?;
    let keys: BTreeMap<&str, &str> = mapping
        .tables()
        .filter_map(|(table, mapped)| Some((table.as_str(), mapped.fields.get("key")?.as_str())))
        .collect();
    let mut texts: BTreeMap<Text, u64> = BTreeMap::new();
    let mut listed = Listed::default();
    for (table, name, count) in
        [("reject", "rejects.csv", &mut listed.rejected), ("note", "notes.csv", &mut listed.noted)]
    {
        let mut sheet = Sheet::new(&request.out.join(name))?;
        sheet.line(&["table", "record", "line", "key", "reason", "field", "text", "where it should be"])?;
        let sql = format!(
            "SELECT x.source_table, w.record_id, w.line, x.code, x.column_name, u.columns, w.cells, x.path FROM staging.{table} x
             JOIN staging.raw_row w ON w.source_id = x.source_id AND w.position = x.position
             JOIN staging.run_source u ON u.run_id = x.run_id AND u.source_id = x.source_id
             WHERE x.run_id = $1 ORDER BY x.source_table, x.code, x.column_name, x.position"
        );
        let mut rows = sqlx::query_as::<_, Stored>(AssertSqlSafe(sql)).bind(run).fetch(&mut connection);
        while let Some((table, record, line, code, field, columns, cells, path)) =
            rows.try_next().await.map_err(Error::db("reading what was rejected and noted"))?
        {
            let key = keys.get(table.as_str()).map(|key| text(&columns, &cells, key)).unwrap_or_default();
            let text = text(&columns, &cells, &field);
            let (record, line) = (record.unwrap_or_default(), line.to_string());
            sheet.line(&[&table, &record, &line, key, &code, &field, text, path.as_deref().unwrap_or("")])?;
            *count += 1;
            let text = (table, field, code, text.to_owned());
            if texts.len() < MOST_TEXTS || texts.contains_key(&text) {
                *texts.entry(text).or_default() += 1;
            }
        }
        sheet.end()?;
    }
    texts.retain(|(.., code, text), n| {
        !text.is_empty() && (*n > 1 || code == crate::reason::Code::ValueUnknown.as_str())
    });
    listed.texts = texts.len() as u64;
    write_texts(&request.out.join("texts.csv"), texts)?;
    Ok(listed)
}

/// What a record has in a field; `Phone(2)` is a repetition. Empty where it has no such field.
fn text<'c>(columns: &[String], cells: &'c [Option<String>], field: &str) -> &'c str {
    let of = |name: &str| {
        let at = columns.iter().position(|column| column == name)?;
        cells.get(at)?.as_deref()
    };
    let repetition = || {
        let (name, nth) = field.strip_suffix(')')?.rsplit_once('(')?;
        let nth = nth.parse::<usize>().ok()?.checked_sub(1)?;
        of(name)?.split(GS).nth(nth)
    };
    of(field).or_else(repetition).unwrap_or_default()
}

fn write_texts(path: &Path, texts: BTreeMap<Text, u64>) -> Result<(), Error> {
    let mut texts: Vec<(Text, u64)> = texts.into_iter().collect();
    texts.sort_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.cmp(b)));
    let mut sheet = Sheet::new(path)?;
    sheet.line(&["table", "field", "reason", "text", "records"])?;
    for ((table, field, code, text), n) in texts {
        sheet.line(&[&table, &field, &code, &text, &n.to_string()])?;
    }
    sheet.end()
}

/// A CSV file for its owner alone.
struct Sheet {
    path: PathBuf,
    file: csv::Writer<BufWriter<std::fs::File>>,
}

impl Sheet {
    fn new(path: &Path) -> Result<Self, Error> {
        let file = private(path).map_err(Error::file(path))?;
        Ok(Self { path: path.to_owned(), file: csv::Writer::from_writer(BufWriter::new(file)) })
    }

    fn line(&mut self, cells: &[&str]) -> Result<(), Error> {
        let written = self.file.write_record(cells).map_err(std::io::Error::from);
        written.map_err(Error::file(&self.path))
    }

    fn end(self) -> Result<(), Error> {
        let Self { path, file } = self;
        let file = file.into_inner().map_err(|error| error.into_error());
        let file = file.and_then(|file| file.into_inner().map_err(|error| error.into_error()));
        file.and_then(|file| file.sync_all()).map_err(Error::file(&path))
    }
}
