//! Writing as FileMaker writes: XML; merge, CSV and tab-separated with CR records, VT returns and GS repetitions.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// A file being written, with its name for errors.
pub(super) struct Output {
    path: PathBuf,
    file: BufWriter<File>,
    /// Reused for each record.
    line: String,
}

impl Output {
    pub(super) fn create(path: PathBuf) -> Result<Self, Error> {
        let file = File::create(&path).map_err(Error::file(&path))?;
        Ok(Self { path, file: BufWriter::with_capacity(1 << 20, file), line: String::new() })
    }

    pub(super) fn text(&mut self, text: &str) -> Result<(), Error> {
        self.bytes(text.as_bytes())
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes).map_err(Error::file(&self.path))
    }

    /// A record of quoted cells, ended by CR. Cells hold `\n` for returns.
    pub(super) fn csv<S: AsRef<str>>(&mut self, cells: &[S]) -> Result<(), Error> {
        self.line.clear();
        csv_record(&mut self.line, cells);
        self.file.write_all(self.line.as_bytes()).map_err(Error::file(&self.path))
    }

    /// A record of bare cells between tabs, ended by CR; a tab within a cell goes out as a blank.
    pub(super) fn tab<S: AsRef<str>>(&mut self, cells: &[S]) -> Result<(), Error> {
        self.line.clear();
        for (i, cell) in cells.iter().enumerate() {
            if i > 0 {
                self.line.push('\t');
            }
            self.line.extend(cell.as_ref().chars().map(|c| match c {
                '\t' => ' ',
                '\n' | '\r' => '\u{0B}',
                c => c,
            }));
        }
        self.line.push('\r');
        self.file.write_all(self.line.as_bytes()).map_err(Error::file(&self.path))
    }

    /// A record of FMPXMLRESULT: `None` is no related record, several repetitions come joined by GS.
    pub(super) fn row(&mut self, record_id: u64, mod_id: u64, cells: &[Option<String>]) -> Result<(), Error> {
        use std::fmt::Write as _;
        self.line.clear();
        let _ = write!(self.line, "<ROW MODID=\"{mod_id}\" RECORDID=\"{record_id}\">");
        for cell in cells {
            match cell {
                None => self.line.push_str("<COL/>"),
                Some(text) => {
                    self.line.push_str("<COL>");
                    for repetition in text.split(crate::raw::GS) {
                        if repetition.is_empty() {
                            self.line.push_str("<DATA/>");
                        } else {
                            self.line.push_str("<DATA>");
                            escape(&mut self.line, repetition);
                            self.line.push_str("</DATA>");
                        }
                    }
                    self.line.push_str("</COL>");
                }
            }
        }
        self.line.push_str("</ROW>\n");
        self.file.write_all(self.line.as_bytes()).map_err(Error::file(&self.path))
    }

    pub(super) fn finish(mut self) -> Result<(), Error> {
        self.file.flush().map_err(Error::file(&self.path))
    }
}

/// One CSV record: every cell in quotes, quotes doubled, returns as VT, CR at the end.
pub(super) fn csv_record<S: AsRef<str>>(line: &mut String, cells: &[S]) {
    for (i, cell) in cells.iter().enumerate() {
        if i > 0 {
            line.push(',');
        }
        line.push('"');
        for c in cell.as_ref().chars() {
            match c {
                '"' => line.push_str("\"\""),
                '\n' => line.push('\u{0B}'),
                c => line.push(c),
            }
        }
        line.push('"');
    }
    line.push('\r');
}

/// What stands before the records of an FMPXMLRESULT: name, type and repetitions of each field.
pub(super) fn xml_head(layout: &str, found: u32, fields: &[(&str, &str, u32)]) -> String {
    use std::fmt::Write as _;
    let mut head = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<FMPXMLRESULT xmlns=\"http://www.filemaker.com/fmpxmlresult\">\
         <ERRORCODE>0</ERRORCODE><PRODUCT BUILD=\"06-11-2022\" NAME=\"FileMaker\" VERSION=\"ProAdvanced 19.5.1\"/>",
    );
    let _ = write!(
        head,
        "<DATABASE DATEFORMAT=\"D/m/yyyy\" LAYOUT=\"{layout}\" NAME=\"Clinic.fmp12\" RECORDS=\"{found}\" TIMEFORMAT=\"k:mm:ss \"/>\n<METADATA>"
    );
    for (name, kind, repeat) in fields {
        let _ =
            write!(head, "<FIELD EMPTYOK=\"YES\" MAXREPEAT=\"{repeat}\" NAME=\"{name}\" TYPE=\"{kind}\"/>");
    }
    let _ = writeln!(head, "</METADATA>\n<RESULTSET FOUND=\"{found}\">");
    head
}

/// XML text; a vertical tab goes out as the illegal reference that old exports are full of.
fn escape(line: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => line.push_str("&amp;"),
            '<' => line.push_str("&lt;"),
            '>' => line.push_str("&gt;"),
            '\u{0B}' => line.push_str("&#11;"),
            '\u{02}' => line.push_str("&#2;"),
            c => line.push(c),
        }
    }
}

/// A path inside the sample's folder.
pub(super) fn inside(dir: &Path, name: &str) -> PathBuf {
    dir.join(name)
}
