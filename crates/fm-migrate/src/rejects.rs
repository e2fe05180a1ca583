//! The list for a person: every record that was not loaded and every note on one that was, with the text as FileMaker has it.
//!
//! Must never: be written where others look, or over what is there: it holds what the records hold.
//! Called by: the binary, the tests.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use futures::TryStreamExt as _;
use serde::Serialize;
use wattle_domain::ClinicId;

use crate::error::Error;
use crate::load::connect::{connect, prepare};
use crate::load::last_run::last_import;
use crate::load::list::{self, List};
use crate::mapping::{Mapping, found};
use crate::private;
use crate::raw::RawColumn;
use crate::reason::Code;

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
    /// Lines of the other two whose text is not counted in `texts.csv`, because there are too many different ones.
    pub uncounted: u64,
}

/// Different texts that are counted, so that memory has an end; of more, those that came first. Every record is in the other two
/// files all the same.
const MOST_TEXTS: usize = 50_000;

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
    let Some((run, used)) = last_import(&mut connection, request.clinic).await? else {
        return Err(Error::Refused("nothing was imported yet: run import first.".into()));
    };
    private::new_folder(&request.out).map_err(Error::file(&request.out))?;
    let columns: BTreeMap<&str, &[RawColumn]> =
        used.iter().map(|used| (used.table.as_str(), used.columns.as_slice())).collect();
    let keys: BTreeMap<&str, &str> = mapping
        .tables()
        .filter_map(|(table, mapped)| Some((table.as_str(), mapped.fields.get("key")?.as_str())))
        .collect();
    let mut texts: BTreeMap<Text, u64> = BTreeMap::new();
    let mut listed = Listed::default();
    for (list, name) in [(List::Rejects, "rejects.csv"), (List::Notes, "notes.csv")] {
        let mut sheet = Sheet::new(&request.out.join(name))?;
        sheet.line(&["table", "record", "line", "key", "reason", "field", "text", "where it should be"])?;
        let mut lines = list::listed(&mut connection, run, list);
        while let Some(list::Listed { table, row, code, column, path }) = lines.try_next().await? {
            let text = |name: &str| found(columns.get(table.as_str())?, &row, name);
            let key = keys.get(table.as_str()).and_then(|key| text(key)).unwrap_or_default();
            let (text, path) = (text(&column).unwrap_or_default(), path.unwrap_or_default());
            let (record, line) = (row.record_id.as_deref().unwrap_or_default(), row.line.to_string());
            sheet.line(&[&table, record, &line, key, &code, &column, text, &path])?;
            match list {
                List::Rejects => listed.rejected += 1,
                List::Notes => listed.noted += 1,
            }
            let text = (table.clone(), column, code, text.to_owned());
            if texts.len() < MOST_TEXTS || texts.contains_key(&text) {
                *texts.entry(text).or_default() += 1;
            } else {
                listed.uncounted += 1;
            }
        }
        sheet.end()?;
    }
    texts.retain(|(.., code, text), n| !text.is_empty() && (*n > 1 || code == Code::ValueUnknown.as_str()));
    listed.texts = texts.len() as u64;
    write_texts(&request.out.join("texts.csv"), texts)?;
    Ok(listed)
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

/// A cell that a spreadsheet shows and does not calculate: what begins as a formula does gets an apostrophe before it, as
/// whoever types such a text there gives it one. Numbers and telephone numbers are none.
fn harmless(cell: &str) -> Cow<'_, str> {
    let rest = |sign: char| cell.strip_prefix(sign);
    let number = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || " ().-".contains(c));
    let formula = cell.starts_with(['=', '@', '\t', '\r'])
        || rest('+').or_else(|| rest('-')).is_some_and(|rest| !number(rest));
    if formula { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// A CSV file for its owner alone.
struct Sheet {
    path: PathBuf,
    file: csv::Writer<BufWriter<std::fs::File>>,
}

impl Sheet {
    fn new(path: &Path) -> Result<Self, Error> {
        let file = private::file(path).map_err(Error::file(path))?;
        Ok(Self { path: path.to_owned(), file: csv::Writer::from_writer(BufWriter::new(file)) })
    }

    fn line(&mut self, cells: &[&str]) -> Result<(), Error> {
        let written = self
            .file
            .write_record(cells.iter().map(|cell| harmless(cell).into_owned()))
            .map_err(std::io::Error::from);
        written.map_err(Error::file(&self.path))
    }

    fn end(self) -> Result<(), Error> {
        let Self { path, file } = self;
        let file = file.into_inner().map_err(|error| error.into_error());
        let file = file.and_then(|file| file.into_inner().map_err(|error| error.into_error()));
        file.and_then(|file| file.sync_all()).map_err(Error::file(&path))
    }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn no_text_of_a_record_is_calculated() {
        for text in ["=HYPERLINK(\"http://x\")", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1"] {
            assert_eq!(harmless(text), format!("'{text}"));
        }
        for text in ["", "O'Brien", "+61 (2) 9555 0101", "-", "-12.50", "3=4"] {
            assert_eq!(harmless(text), text);
        }
    }
}
