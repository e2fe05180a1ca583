//! The report that a clinic's owner reads, as parts, before anything shows them: as a page, or on paper.

use serde::Serialize;
use wattle_domain::money::dollars;
use wattle_domain::number::thousands;

use super::{Counted, Sum, Verified, What, Why};
use crate::mapping::Mapping;
use crate::reason::Code;

/// Rows that differ and are named.
const MOST: usize = 500;

/// The report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Whose, and of what.
    pub title: String,
    /// At the foot: of which import.
    pub foot: String,
    /// In order.
    pub parts: Vec<Part>,
}

/// A part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Part {
    /// Begins a section.
    Heading {
        /// Its words.
        text: String,
    },
    /// A paragraph.
    Words {
        /// Its words.
        text: String,
        /// How it is meant.
        tone: Tone,
    },
    /// A table.
    Table {
        /// Its columns.
        head: Vec<Column>,
        /// Its rows, a cell for each column.
        rows: Vec<Vec<Cell>>,
    },
}

/// How something is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// It says something.
    Plain,
    /// All is well.
    Good,
    /// Not before this is explained.
    Bad,
}

/// A column's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its words.
    pub text: &'static str,
    /// Its cells are numbers.
    pub number: bool,
    /// It takes the room that the others leave.
    pub wide: bool,
}

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
    /// An id, a code or a checksum: for looking up, not for reading.
    pub code: bool,
}

fn words(text: &'static str) -> Column {
    Column { text, number: false, wide: false }
}

fn wide(text: &'static str) -> Column {
    Column { text, number: false, wide: true }
}

fn numbers(text: &'static str) -> Column {
    Column { text, number: true, wide: false }
}

fn cell(text: impl ToString) -> Cell {
    Cell { text: text.to_string(), tone: Tone::Plain, code: false }
}

fn code(text: impl ToString) -> Cell {
    Cell { code: true, ..cell(text) }
}

/// In red, unless it is good.
fn checked(text: impl ToString, good: bool) -> Cell {
    Cell { tone: if good { Tone::Plain } else { Tone::Bad }, ..cell(text) }
}

impl Account {
    /// What a verification found, in words.
    pub(super) fn new(mapping: &Mapping, v: &Verified) -> Self {
        let mut this = Self {
            title: format!("{}: what came out of FileMaker", mapping.clinic.name),
            foot: format!("Import {}; verified in {:.1} s", v.run, v.seconds),
            parts: Vec::new(),
        };
        this.verdict(v);
        this.counts(v);
        this.reasons(v);
        this.sums(v);
        this.tables(v);
        this.spot(v);
        this
    }

    fn heading(&mut self, text: &str) {
        self.parts.push(Part::Heading { text: text.into() });
    }

    fn words(&mut self, tone: Tone, text: String) {
        self.parts.push(Part::Words { text, tone });
    }

    fn table(&mut self, head: Vec<Column>, rows: Vec<Vec<Cell>>) {
        self.parts.push(Part::Table { head, rows });
    }

    fn verdict(&mut self, v: &Verified) {
        if !v.good {
            let text =
                "Something is not accounted for. Do not switch over before the lines in red are explained.";
            return self.words(Tone::Bad, text.into());
        }
        let sum = |of: fn(&Counted) -> u64| v.counts.iter().map(of).sum::<u64>();
        let text = format!(
            "Every record is accounted for. {} records were read, {} are in Wattle, {} could not be trusted and wait on a list for \
             a person.",
            thousands(sum(|c| c.staged)),
            thousands(sum(|c| c.loaded)),
            thousands(sum(Counted::rejected))
        );
        self.words(Tone::Good, text);
        for c in v.counts.iter().filter(|c| c.loaded * 2 < c.staged) {
            let text = format!(
                "Only {} of {} {} are in Wattle. The reasons below say why: mend them in FileMaker or in the mapping, and run the \
                 commands again before you switch over.",
                thousands(c.loaded),
                thousands(c.staged),
                c.table.replace('_', " ")
            );
            self.words(Tone::Bad, text);
        }
    }

    fn counts(&mut self, v: &Verified) {
        self.heading("Records");
        let asked = v.counts.iter().any(|c| c.filemaker.is_some());
        let how = match asked {
            true => "FileMaker was asked in two ways how many records it has.",
            false => "The records came out of export files; FileMaker itself was not asked how many it has.",
        };
        let text =
            format!("{how} Each one is either in Wattle or on the list of records that could not be loaded.");
        self.words(Tone::Plain, text);
        let mut head = vec![wide("Table"), words("Way")];
        if asked {
            head.extend([numbers("FileMaker says"), numbers("Its other interface")]);
        }
        head.extend([numbers("Read"), numbers("In Wattle"), numbers("On the list")]);
        let rows = v.counts.iter().map(|c| {
            let number = |n: u64| checked(thousands(n), c.good());
            let said = |n: Option<u64>| n.map_or_else(|| cell("not asked"), number);
            let mut row = vec![cell(c.table), cell(way(&c.route))];
            if asked {
                row.extend([said(c.filemaker), said(c.witness)]);
            }
            row.extend([number(c.staged), number(c.loaded), number(c.rejected())]);
            row
        });
        self.table(head, rows.collect());
        for c in v.counts.iter().filter(|c| c.newer_extract) {
            let text =
                format!("{}: FileMaker was read again after the import. Run import, then verify.", c.table);
            self.words(Tone::Bad, text);
        }
    }

    fn reasons(&mut self, v: &Verified) {
        self.heading("Why records are on the list, and what was noted");
        let mut rows = Vec::new();
        for c in &v.counts {
            for (what, list) in [("on the list", &c.rejects), ("loaded, noted", &c.notes)] {
                for (reason, n) in list {
                    let meaning = format!("{what}: {}", meaning(*reason));
                    rows.push(vec![cell(c.table), cell(meaning), code(reason.as_str()), cell(thousands(*n))]);
                }
            }
        }
        match rows.is_empty() {
            true => self.words(Tone::Plain, "There is nothing to be said of any record.".into()),
            false => {
                self.table(vec![words("Table"), wide("Meaning"), words("Code"), numbers("Records")], rows)
            }
        }
    }

    fn sums(&mut self, v: &Verified) {
        self.heading("Columns");
        self.words(
            Tone::Plain,
            "Filled fields and sums, counted on both sides by the database itself. FileMaker is everything that was read: less what is \
             on the list, less what was left out, it is what Wattle has."
                .into(),
        );
        let head = vec![
            words("Table"),
            wide("FileMaker field"),
            words("What"),
            numbers("FileMaker"),
            numbers("On the list"),
            numbers("Left out, noted"),
            numbers("Wattle"),
        ];
        let rows = v.sums.iter().map(|s: &Sum| {
            let more = if s.worked_on { " (changed since)" } else { "" };
            let (what, said): (_, fn(i64) -> String) = match (s.what, s.field) {
                ("cents", "gst") => ("GST", dollars),
                ("cents", "fee") => ("billed", dollars),
                ("cents", _) => ("received", dollars),
                _ => (s.what, thousands),
            };
            vec![
                cell(s.table),
                cell(&s.column),
                cell(what),
                checked(said(s.there), s.good()),
                checked(said(s.listed), s.good()),
                checked(thousands(s.left_out), s.good()),
                checked(format!("{}{more}", said(s.here)), s.good()),
            ]
        });
        self.table(head, rows.collect());
        for s in v.sums.iter().filter(|s| s.unreadable > 0) {
            let text = format!(
                "{}, {}: {} fields hold something else than a plain number, and are in no sum. FileMaker takes the digits out of \
                 such a text, so that its own sum may differ by them.",
                s.table.replace('_', " "),
                s.column,
                thousands(s.unreadable)
            );
            self.words(Tone::Plain, text);
        }
    }

    fn tables(&mut self, v: &Verified) {
        self.heading("Row by row");
        self.words(
            Tone::Plain,
            format!(
                "Every row was made again from what FileMaker gave and compared with the row in Wattle. Equal checksums mean equal \
                 rows. PostgreSQL itself holds {} references between tables: none can point to nothing.",
                v.foreign_keys
            ),
        );
        let rows = v.tables.iter().map(|t| {
            let short: String = t.actual_root.chars().take(16).collect();
            let same = t.expected_root == t.actual_root;
            let verdict = match same {
                true => Cell { tone: Tone::Good, ..cell("equal") },
                false => cell("differs, see below"),
            };
            vec![cell(t.table), cell(thousands(t.expected)), cell(thousands(t.actual)), verdict, code(short)]
        });
        let head =
            vec![wide("Table"), numbers("Should be"), numbers("Are"), words("Compared"), words("Checksum")];
        self.table(head, rows.collect());
        if v.differences.is_empty() {
            return;
        }
        let rows = v.differences.iter().take(MOST).map(|d| {
            let why = match d.why {
                Why::ChangedHere => cell("changed by a person in Wattle since"),
                Why::DeletedHere => cell("deleted by a person in Wattle since"),
                Why::MadeRoom => cell("made room for a booking made in Wattle"),
                Why::History => cell("history stays when FileMaker forgets"),
                Why::RejectedSince => cell("its record loaded once and is on the list now"),
                Why::Unexplained => checked("nothing explains it", false),
            };
            let what = match d.what {
                What::Missing => "missing in Wattle",
                What::Extra => "only in Wattle",
                What::Differs => "differs",
            };
            let record = d.record.map_or_else(String::new, |n| n.to_string());
            vec![cell(d.table), code(d.id), cell(record), cell(what), cell(d.columns.join(", ")), why]
        });
        let head = vec![
            words("Table"),
            words("Row"),
            numbers("Record"),
            words("What"),
            wide("Columns"),
            wide("Why"),
        ];
        self.table(head, rows.collect());
        if v.more || v.differences.len() > MOST {
            self.words(Tone::Bad, "There are more than are shown here.".into());
        }
    }

    fn spot(&mut self, v: &Verified) {
        self.heading("Spot check by a person");
        let (shown, ticked) = (v.spot.shown, v.spot.ticked);
        let people: Vec<String> = match v.spot.by.len() {
            1 => v.spot.by.keys().cloned().collect(),
            _ => v.spot.by.iter().map(|(by, n)| format!("{by} ({n})")).collect(),
        };
        let by = people.join(", ");
        let (tone, text) = if people.is_empty() {
            (Tone::Plain, format!("Nobody has compared records yet: {shown} of them wait on spot.html."))
        } else if ticked == shown {
            (Tone::Good, format!("{by} compared {shown} records with FileMaker and found all of them right."))
        } else {
            let text = format!(
                "{by} compared records with FileMaker and found {ticked} right, of {shown}. The others are wrong, have changed since, \
                 or nobody has looked: they wait on spot.html without a tick."
            );
            (Tone::Bad, text)
        };
        self.words(tone, text);
        if v.spot.gone > 0 {
            let text = format!(
                "{} more that were on the page are gone from FileMaker since, or are on the list now.",
                v.spot.gone
            );
            self.words(Tone::Plain, text);
        }
    }
}

/// A route in words.
fn way(route: &str) -> &str {
    match route {
        "file" => "export file",
        "odata" => "OData",
        "data_api" => "Data API",
        other => other,
    }
}

fn meaning(code: Code) -> &'static str {
    match code {
        Code::ColumnCount => "the record has too few or too many fields: damage of the export",
        Code::NullKey => "it has no number of its own",
        Code::DuplicateKey => "another record has the same number",
        Code::Orphan => "it points to a record that is not there",
        Code::ParentRejected => "it belongs to a record that is itself on the list",
        Code::RequiredEmpty => "something that must be there is empty",
        Code::DateUnparsed => "a date that cannot be read",
        Code::DateAmbiguous => "a date that could be two days",
        Code::DateFuture => "a birth, a death or a recall that is done, in the future",
        Code::TimeUnparsed => "a time that cannot be read",
        Code::TimeAmbiguous => "a time that the clock showed twice; the first was taken",
        Code::TimeMissing => "a time that the clock never showed; the one an hour later was taken",
        Code::NumText => "words where a number belongs",
        Code::MoneyFraction => "an amount with parts of a cent; nobody has rounded it",
        Code::OdataUnsaid => "FileMaker's OData could not say the value; the Data API or an XML export can",
        Code::DurationRange => "a length of nothing, or of more than a day",
        Code::ValueRange => "a value that cannot be true: measured, how many, or GST beside its fee",
        Code::ValueUnknown => "a word that the mapping does not translate",
        Code::KeyFolded => "found by a number that differs in capitals or blanks",
        Code::IdentifierCheck => "a number that fails its check; kept and marked",
        Code::IdentifierTaken => "a number that another patient, or another invoice, has too",
        Code::PatientDiffers => "names another patient than its invoice; the invoice's was taken",
        Code::PhoneRaw => "a telephone number kept as it was written",
        Code::EmailOdd => "an email address without @, kept as it was written",
        Code::PostcodePadded => "a postcode that had lost its zero, and has it again",
        Code::PostcodeOdd => "a postcode of another shape, kept as it was written",
        Code::SingleName => "one name only; it stands as family name",
        Code::ContainerNotCopied => "its file was not fetched yet: run containers, then import",
        Code::ContainerEmpty => "it holds no file",
        Code::ContainerMissing => "FileMaker names a file and gives none",
        Code::ContainerReference => {
            "FileMaker holds only a path to the file: insert the file itself, or find it there"
        }
        Code::ContainerSize => "the file is longer or shorter than FileMaker says",
        Code::ContainerMd5 => "the file is another one than FileMaker's checksum is of",
        Code::ContainerLarge => "the file is larger than any document may be",
        Code::ContainerOutside => "the path to the file leads out of the storage's folder",
        Code::ContainerProgram => "the file is a program",
        Code::ContainerType => "the file is not what its name says; kept as what it is",
        Code::SameContent => "the same file as another document of this patient; kept once",
        Code::DoubleBooked => "overlaps an earlier booking; loaded as a deliberate double booking",
    }
}
