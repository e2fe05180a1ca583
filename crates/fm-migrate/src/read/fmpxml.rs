//! FMPXMLRESULT, streamed: files larger than memory, one record in hand.

use std::path::Path;

use encoding_rs::Encoding;
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::encoding::{self, Detected};
use super::text::Text;
use super::{Layout, Position};
use crate::error::Error;
use crate::raw::{GS, RawColumn, RawRow, WrittenBy};

/// What the head of the file says about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The FileMaker file.
    pub database: String,
    /// The layout that was exported from.
    pub layout: String,
    /// For example `D/m/yyyy`; what the file's own dates were meant to look like.
    pub date_format: String,
    /// For example `k:mm:ss `; a trailing space is common and cut here.
    pub time_format: String,
    /// How many records FileMaker found.
    pub found: Option<u64>,
}

/// An FMPXMLRESULT file.
pub struct FmpXml {
    xml: Reader<Text>,
    at: Position,
    buf: Vec<u8>,
    columns: Vec<RawColumn>,
    head: Head,
    ended: bool,
    /// Characters left out because XML and PostgreSQL forbid them.
    pub stripped: u64,
}

impl std::fmt::Debug for FmpXml {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FmpXml").field("at", &self.at).field("head", &self.head).finish_non_exhaustive()
    }
}

impl FmpXml {
    /// Opens a file and reads its head and columns.
    ///
    /// # Errors
    /// When it is no FMPXMLRESULT, carries an error code, or is damaged.
    pub fn open(path: &Path, layout: &Layout) -> Result<Self, Error> {
        let mut found = encoding::detect(path)?;
        if let Some(label) = &layout.encoding {
            found = found.or_as_said(path, Some(label))?;
        } else if let Some(declared) = declared_encoding(path)?.filter(|_| found.bom_bytes == 0) {
            found = Detected { encoding: declared, bom_bytes: 0 };
        }
        let mut xml = Reader::from_reader(Text::open(path, found)?);
        xml.config_mut().check_end_names = true;
        let mut this = Self {
            xml,
            at: Position { path: path.to_path_buf(), record: 0 },
            buf: Vec::new(),
            columns: Vec::new(),
            head: Head::default(),
            ended: false,
            stripped: 0,
        };
        this.read_head()?;
        Ok(this)
    }

    /// The columns, in the order of the cells.
    #[must_use]
    pub fn columns(&self) -> &[RawColumn] {
        &self.columns
    }

    /// What the head says.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The next record.
    ///
    /// # Errors
    /// When the file is damaged, cut short, or holds another number of records than its head says.
    pub fn next(&mut self, row: &mut RawRow) -> Result<bool, Error> {
        while !self.ended {
            self.buf.clear();
            let line = self.xml.get_ref().line();
            match self.xml.read_event_into(&mut self.buf) {
                Ok(Event::Start(tag)) if tag.local_name().as_ref() == "ROW" => {
                    begin(row, &tag, &mut self.at, line)?;
                    return self.cells(row).map(|()| true);
                }
                Ok(Event::Empty(tag)) if tag.local_name().as_ref() == "ROW" => {
                    begin(row, &tag, &mut self.at, line)?;
                    return Ok(true);
                }
                Ok(Event::End(tag)) if tag.local_name().as_ref() == "FMPXMLRESULT" => self.ended = true,
                Ok(Event::Eof) => return Err(self.at.error(line, CUT_SHORT)),
                Ok(_) => {}
                Err(problem) => return Err(self.at.error(line, damaged(&problem))),
            }
        }
        match self.head.found {
            Some(found) if found != self.at.record => Err(self.at.error(
                self.xml.get_ref().line(),
                format!(
                    "the head promises {found} records and {} are here. Export it again.",
                    self.at.record
                ),
            )),
            _ => Ok(false),
        }
    }

    fn read_head(&mut self) -> Result<(), Error> {
        let mut root = false;
        let mut error_code = None;
        loop {
            self.buf.clear();
            let line = self.xml.get_ref().line();
            let event = self.xml.read_event_into(&mut self.buf);
            match event {
                Ok(Event::Start(tag) | Event::Empty(tag)) => match tag.local_name().as_ref() {
                    "FMPXMLRESULT" => root = true,
                    "FMPDSORESULT" => return Err(self.at.error(line, DSO)),
                    other if !root => {
                        let root = ROOTS.iter().find(|known| **known == other);
                        let root = root.map_or_else(|| "another".to_owned(), |known| format!("<{known}>"));
                        return Err(self.at.error(line, format!("the file's root is {root}. {NOT_OURS}")));
                    }
                    "ERRORCODE" => error_code = Some(line),
                    "DATABASE" => {
                        self.head.database = attribute(&tag, "NAME", &self.at, line)?;
                        self.head.layout = attribute(&tag, "LAYOUT", &self.at, line)?;
                        self.head.date_format =
                            attribute(&tag, "DATEFORMAT", &self.at, line)?.trim().to_string();
                        self.head.time_format =
                            attribute(&tag, "TIMEFORMAT", &self.at, line)?.trim().to_string();
                    }
                    "FIELD" => self.columns.push(RawColumn {
                        name: attribute(&tag, "NAME", &self.at, line)?,
                        kind: Some(attribute(&tag, "TYPE", &self.at, line)?),
                        max_repeat: attribute(&tag, "MAXREPEAT", &self.at, line)?.parse().ok(),
                        written_by: WrittenBy::Person,
                    }),
                    "RESULTSET" => {
                        self.head.found = attribute(&tag, "FOUND", &self.at, line)?.parse().ok();
                        if self.columns.is_empty() {
                            return Err(self
                                .at
                                .error(line, "there is no <FIELD> before the records. Export it again."));
                        }
                        return Ok(());
                    }
                    _ => {}
                },
                Ok(Event::Text(text)) if error_code.is_some() => {
                    let code = text.trim();
                    if !code.is_empty() && code != "0" {
                        // FileMaker's codes are numbers; whatever else stands there is not repeated.
                        let number = code.parse::<i32>().ok();
                        let code = number.map_or_else(|| "that is no number".to_owned(), |n| n.to_string());
                        return Err(self
                            .at
                            .error(line, format!("FileMaker's export failed with error {code}.")));
                    }
                }
                Ok(Event::End(_)) => error_code = None,
                Ok(Event::Eof) if !root => {
                    return Err(self.at.error(line, format!("this is no XML. {NOT_OURS}")));
                }
                Ok(Event::Eof) => return Err(self.at.error(line, CUT_SHORT)),
                Ok(_) => {}
                Err(problem) => return Err(self.at.error(line, damaged(&problem))),
            }
        }
    }

    fn cells(&mut self, row: &mut RawRow) -> Result<(), Error> {
        let mut cell: Option<String> = None;
        let mut in_data = false;
        loop {
            self.buf.clear();
            let line = self.xml.get_ref().line();
            match self.xml.read_event_into(&mut self.buf) {
                Ok(Event::Start(tag)) => match tag.local_name().as_ref() {
                    "COL" => cell = None,
                    "DATA" => {
                        in_data = true;
                        open_repetition(&mut cell);
                    }
                    _ => {}
                },
                Ok(Event::Empty(tag)) => match tag.local_name().as_ref() {
                    "COL" => row.cells.push(None),
                    "DATA" => open_repetition(&mut cell),
                    _ => {}
                },
                Ok(Event::End(tag)) => match tag.local_name().as_ref() {
                    "DATA" => in_data = false,
                    "COL" => row.cells.push(cell.take()),
                    "ROW" => return Ok(()),
                    _ => {}
                },
                Ok(Event::Text(text)) if in_data => self.stripped += add(&mut cell, &text.xml10_content()),
                Ok(Event::CData(text)) if in_data => self.stripped += add(&mut cell, &text.xml10_content()),
                Ok(Event::GeneralRef(name)) if in_data => match reference(&name) {
                    Some(Some(character)) => {
                        let mut bytes = [0_u8; 4];
                        self.stripped += add(&mut cell, character.encode_utf8(&mut bytes));
                    }
                    Some(None) => self.stripped += 1,
                    None => return Err(self.at.error(line, "there is an entity that XML does not define.")),
                },
                Ok(Event::Eof) => return Err(self.at.error(line, CUT_SHORT)),
                Ok(_) => {}
                Err(problem) => return Err(self.at.error(line, damaged(&problem))),
            }
        }
    }
}

const CUT_SHORT: &str = "the file ends before its last tag: it is cut short. Export it again.";
const DSO: &str = "this is FMPDSORESULT, which loses field types. Export with the grammar FMPXMLRESULT.";
/// Roots of files that are taken for exports, and can be told by name: in a damaged file a tag may be anything.
const ROOTS: [&str; 7] =
    ["html", "fmresultset", "fmxmlsnippet", "FMPReport", "FMSaveAsXML", "Workbook", "svg"];
const NOT_OURS: &str = "Export from FileMaker as XML with the grammar FMPXMLRESULT and no style sheet.";

/// What is wrong, in words of ours: quick-xml quotes what it takes for a tag, and in a damaged file that may be what
/// somebody wrote about a patient. (Found by `cargo xtask fuzz files`.)
fn damaged(problem: &quick_xml::Error) -> String {
    use quick_xml::errors::SyntaxError::InvalidBangMarkup;
    let what = match problem {
        quick_xml::Error::Io(source) => return source.to_string(),
        // Every other syntax error is something that was still open at the end of the file.
        quick_xml::Error::Syntax(what) if *what != InvalidBangMarkup => return CUT_SHORT.into(),
        quick_xml::Error::Syntax(_) => "a tag begins with ! and goes on with nothing known",
        quick_xml::Error::IllFormed(_) => "tags do not close as they opened",
        quick_xml::Error::InvalidAttr(_) => "an attribute of a tag",
        quick_xml::Error::Encoding(_) => "bytes that are not of its encoding",
        quick_xml::Error::Escape(_) => "an entity that nobody knows",
        quick_xml::Error::Namespace(_) => "a namespace",
    };
    format!("the XML is damaged ({what}). Export it again.")
}

fn begin(row: &mut RawRow, tag: &BytesStart<'_>, at: &mut Position, line: u64) -> Result<(), Error> {
    at.record += 1;
    row.cells.clear();
    row.position = at.record;
    row.line = line;
    row.record_id = Some(attribute(tag, "RECORDID", at, line)?).filter(|id| !id.is_empty());
    row.mod_id = Some(attribute(tag, "MODID", at, line)?).filter(|id| !id.is_empty());
    Ok(())
}

/// Several DATA are repetitions, or rows of a portal.
fn open_repetition(cell: &mut Option<String>) {
    match cell {
        Some(text) => text.push(GS),
        None => *cell = Some(String::new()),
    }
}

/// Adds text without what no text may hold; a vertical tab stays, it is a return. Says how many were left out.
fn add(cell: &mut Option<String>, text: &str) -> u64 {
    let cell = cell.get_or_insert_default();
    if !text.chars().any(forbidden) {
        cell.push_str(text);
        return 0;
    }
    cell.extend(text.chars().filter(|c| !forbidden(*c)));
    text.chars().filter(|c| forbidden(*c)).count() as u64
}

fn forbidden(character: char) -> bool {
    matches!(character, '\0'..='\u{08}' | '\u{0C}' | '\u{0E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

/// What a reference stands for: `None` for an undefined entity, `Some(None)` for a number that is no character.
fn reference(name: &BytesRef<'_>) -> Option<Option<char>> {
    if name.is_char_ref() {
        return Some(name.resolve_char_ref().ok().flatten());
    }
    resolve_xml_entity(name).map(|text| text.chars().next())
}

fn attribute(tag: &BytesStart<'_>, name: &str, at: &Position, line: u64) -> Result<String, Error> {
    let broken = || at.error(line, format!("the attribute {name} is damaged. Export it again."));
    let Some(found) = tag.try_get_attribute(name).map_err(|_| broken())? else { return Ok(String::new()) };
    Ok(found.normalized_value(quick_xml::XmlVersion::Implicit1_0).map_err(|_| broken())?.into_owned())
}

/// The encoding that the XML declaration names.
fn declared_encoding(path: &Path) -> Result<Option<&'static Encoding>, Error> {
    use std::io::Read;
    let mut start = Vec::new();
    let file = std::fs::File::open(path).map_err(Error::file(path))?;
    file.take(200).read_to_end(&mut start).map_err(Error::file(path))?;
    let start = String::from_utf8_lossy(&start);
    let declaration = start.split("?>").next().unwrap_or_default();
    let label = declaration.split("encoding").nth(1).and_then(|rest| rest.split(['"', '\'']).nth(1));
    // A declaration that could be read as ASCII is not UTF-16, whatever it says.
    Ok(label.and_then(|l| Encoding::for_label(l.as_bytes())).filter(|e| e.is_ascii_compatible()))
}
