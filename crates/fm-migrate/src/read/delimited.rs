//! CSV, .mer and .tab as FileMaker writes them.
//!
//! An own parser rather than a CSV crate: those accept an unclosed quote or text behind a closing one, and to us both are
//! signs of a damaged file that must stop the run and name its line.

use std::io::BufRead;
use std::path::Path;

use encoding_rs::Encoding;

use super::encoding;
use super::text::Text;
use super::{Format, Layout, Position};
use crate::error::Error;
use crate::raw::{RawColumn, RawRow};

/// A delimited file.
#[derive(Debug)]
pub struct Delimited {
    text: Text,
    at: Position,
    columns: Vec<RawColumn>,
    delimiter: u8,
    quotes: bool,
    skip_lf: bool,
    /// NUL characters left out: PostgreSQL's text cannot hold them.
    pub stripped: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    CellStart,
    Bare,
    Quoted,
    /// Behind a quote inside quotes: the end of the cell, or half of a doubled quote.
    QuoteInQuoted,
}

impl Delimited {
    /// Opens a file and settles encoding, delimiter and columns.
    ///
    /// # Errors
    /// When it cannot be read, or has no columns that we know of.
    pub fn open(path: &Path, format: Format, layout: &Layout) -> Result<Self, Error> {
        let found = encoding::detect(path)?.or_as_said(path, layout.encoding.as_deref())?;
        let at = Position { path: path.to_path_buf(), record: 0 };
        let mut text = Text::open(path, found)?;
        let quotes = format != Format::Tab;
        let delimiter = match (layout.delimiter, format) {
            (Some(given), _) => u8::try_from(given)
                .ok()
                .filter(u8::is_ascii)
                .ok_or_else(|| at.error(1, "the delimiter in the mapping is not one ASCII character."))?,
            (None, Format::Tab) => b'\t',
            (None, Format::Mer) => guess_delimiter(text.fill_buf().map_err(|e| at.error(1, e.to_string()))?),
            (None, _) => b',',
        };
        let mut this = Self { text, at, columns: Vec::new(), delimiter, quotes, skip_lf: false, stripped: 0 };
        if layout.header.unwrap_or(format == Format::Mer) {
            let mut header = RawRow::default();
            if !this.record(&mut header)? {
                return Err(this.at.error(1, "the file is empty, not even a header. Export it again."));
            }
            this.columns =
                header.cells.into_iter().map(|name| column(name.as_deref().unwrap_or_default())).collect();
            this.at.record = 0;
        } else if layout.columns.is_empty() {
            return Err(this.at.error(
                1,
                "the file has no header: name its columns, in order, in the mapping (columns = […]).",
            ));
        } else {
            this.columns = layout.columns.iter().map(|name| column(name)).collect();
        }
        Ok(this)
    }

    /// The columns.
    #[must_use]
    pub fn columns(&self) -> &[RawColumn] {
        &self.columns
    }

    /// The character between cells.
    #[must_use]
    pub fn delimiter(&self) -> char {
        char::from(self.delimiter)
    }

    /// What the file is decoded from.
    #[must_use]
    pub fn encoding(&self) -> &'static Encoding {
        self.text.encoding()
    }

    /// The next record; a number of cells other than of columns is left for the caller to reject.
    ///
    /// # Errors
    /// When a quote stays open or the bytes are malformed: the file is damaged or cut short.
    pub fn next(&mut self, row: &mut RawRow) -> Result<bool, Error> {
        self.record(row)
    }

    fn record(&mut self, row: &mut RawRow) -> Result<bool, Error> {
        row.cells.clear();
        row.record_id = None;
        row.mod_id = None;
        let (delimiter, quotes) = (self.delimiter, self.quotes);
        let mut cell: Vec<u8> = Vec::new();
        let mut state = State::CellStart;
        let mut begun = false;
        self.at.record += 1;
        loop {
            let line = self.text.line();
            let chunk = self.text.fill_buf().map_err(|e| self.at.error(line, e.to_string()))?;
            if chunk.is_empty() {
                return self.at_end_of_file(row, cell, state, begun);
            }
            let mut used = 0;
            let mut done = false;
            while let Some(&byte) = chunk.get(used) {
                // Most bytes are of a value and mean nothing: they are taken together, up to the next that may.
                let plain = match state {
                    State::Bare => {
                        plain_bytes(chunk, used, |b| b == delimiter || matches!(b, b'\r' | b'\n' | 0))
                    }
                    State::Quoted => plain_bytes(chunk, used, |b| matches!(b, b'"' | 0)),
                    _ => &[],
                };
                if !plain.is_empty() {
                    cell.extend_from_slice(plain);
                    used += plain.len();
                    continue;
                }
                used += 1;
                if std::mem::take(&mut self.skip_lf) && byte == b'\n' {
                    continue;
                }
                if !begun && (byte == b'\r' || byte == b'\n') {
                    self.skip_lf = byte == b'\r';
                    continue; // an empty line is no record
                }
                if !begun {
                    begun = true;
                    row.line = line;
                }
                let ends_cell = byte == delimiter || byte == b'\r' || byte == b'\n';
                state = match (state, byte) {
                    (State::Quoted, b'"') => State::QuoteInQuoted,
                    (State::QuoteInQuoted, b'"') => {
                        cell.push(b'"');
                        State::Quoted
                    }
                    (State::CellStart, b'"') if quotes => State::Quoted,
                    (State::CellStart | State::Bare | State::QuoteInQuoted, _) if ends_cell => {
                        row.cells
                            .push(Some(String::from_utf8(std::mem::take(&mut cell)).unwrap_or_default()));
                        if byte != delimiter {
                            self.skip_lf = byte == b'\r';
                            done = true;
                            break;
                        }
                        State::CellStart
                    }
                    (State::QuoteInQuoted, _) => {
                        let here = line_at(line, chunk.get(..used).unwrap_or_default());
                        return Err(self.at.error(here, AFTER_QUOTE));
                    }
                    (state, 0) => {
                        self.stripped += 1;
                        state
                    }
                    (state, byte) => {
                        cell.push(byte);
                        if state == State::CellStart { State::Bare } else { state }
                    }
                };
            }
            self.text.consume(used);
            if done {
                row.position = self.at.record;
                return Ok(true);
            }
        }
    }

    fn at_end_of_file(
        &mut self,
        row: &mut RawRow,
        cell: Vec<u8>,
        state: State,
        begun: bool,
    ) -> Result<bool, Error> {
        if state == State::Quoted {
            return Err(self.at.error(row.line, UNCLOSED));
        }
        if !begun {
            return Ok(false);
        }
        row.cells.push(Some(String::from_utf8(cell).unwrap_or_default()));
        row.position = self.at.record;
        if !self.columns.is_empty() && row.cells.len() < self.columns.len() {
            return Err(self.at.error(row.line, CUT_SHORT));
        }
        Ok(true)
    }
}

const AFTER_QUOTE: &str =
    "there is text behind a closing quote; a quote inside a value must be doubled. Export the file again.";
const UNCLOSED: &str =
    "a quote opens in this record and never closes: the file is damaged or cut short. Export it again.";
const CUT_SHORT: &str = "the file ends in the middle of this record. Export it again.";

/// From `from` up to the first byte that may mean something.
fn plain_bytes(chunk: &[u8], from: usize, means: impl Fn(u8) -> bool) -> &[u8] {
    let rest = chunk.get(from..).unwrap_or_default();
    let end = rest.iter().position(|b| means(*b)).unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

fn column(name: &str) -> RawColumn {
    RawColumn { name: name.trim().to_string(), ..RawColumn::default() }
}

/// The line `line` + the line ends within `bytes`.
fn line_at(line: u64, bytes: &[u8]) -> u64 {
    let ends = bytes.iter().filter(|b| **b == b'\r').count()
        + bytes.windows(2).filter(|w| w.last() == Some(&b'\n') && w.first() != Some(&b'\r')).count();
    line + ends as u64
}

/// The commonest candidate outside quotes in the header; a comma when there is none.
fn guess_delimiter(start: &[u8]) -> u8 {
    let mut counts = [(b',', 0_u32), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for &byte in start {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            _ if !quoted => counts.iter_mut().filter(|(c, _)| *c == byte).for_each(|(_, n)| *n += 1),
            _ => {}
        }
    }
    counts.iter().rev().max_by_key(|(_, n)| *n).filter(|(_, n)| *n > 0).map_or(b',', |(c, _)| *c)
}
