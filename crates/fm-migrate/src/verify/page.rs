//! The report that a clinic's owner reads, and the same as JSON.

use std::fmt::Write;
use std::path::Path;

use super::{Verified, What, Why};
use crate::error::Error;
use crate::mapping::Mapping;
use crate::reason::Code;

/// The head of both pages. No script or style from elsewhere: they are read without a network.
pub(super) const HEAD: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>TITLE</title><style>
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:68rem;padding:0 1rem;color:#1d2521;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;margin:.5rem 0;width:100%}
th,td{border-bottom:1px solid #d5dbd7;padding:.25rem .6rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{font-weight:600}td.n{text-align:right;font-variant-numeric:tabular-nums}th.head{background:#eef2ef}
.good{color:#17603a}.bad{color:#a01b1b;font-weight:600}.two{display:grid;grid-template-columns:1fr 1fr;gap:1rem}
code{font-size:.9em}section{break-inside:avoid}@media print{body{margin:0;max-width:none}}</style>";

/// Writes `report.html` and `report.json`.
pub(super) fn write(mapping: &Mapping, verified: &Verified, out: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(out).map_err(Error::file(out))?;
    let path = out.join("report.html");
    std::fs::write(&path, html(mapping, verified)).map_err(Error::file(&path))?;
    let path = out.join("report.json");
    let json = serde_json::to_vec_pretty(verified).unwrap_or_default();
    std::fs::write(&path, json).map_err(Error::file(&path))
}

/// Writing to a String does not fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => {
        let _ = write!($out, $($arg)*);
    };
}

fn html(mapping: &Mapping, v: &Verified) -> String {
    let mut out = HEAD.replace("TITLE", "Out of FileMaker");
    let clinic = escape(&mapping.clinic.name);
    put!(out, "<h1>{clinic}: what came out of FileMaker</h1>");
    let rejected: u64 = v.counts.iter().map(super::Counted::rejected).sum();
    if v.good {
        put!(
            out,
            "<p class=good>Every record is accounted for. {} records were read, {} are in Wattle, {rejected} could not be \
             trusted and wait on a list for a person.</p>",
            v.counts.iter().map(|c| c.staged).sum::<u64>(),
            v.counts.iter().map(|c| c.loaded).sum::<u64>()
        );
    } else {
        put!(
            out,
            "<p class=bad>Something is not accounted for. Do not switch over before the lines in red are explained.</p>"
        );
    }
    counts(&mut out, v);
    reasons(&mut out, v);
    sums(&mut out, v);
    tables(&mut out, v);
    spot(&mut out, v);
    put!(out, "<p>Import <code>{}</code>; verified in {:.1} s.</p></html>", v.run, v.seconds);
    out
}

fn counts(out: &mut String, v: &Verified) {
    out.push_str(
        "<h2>Records</h2><p>FileMaker was asked in two ways how many records it has. Each one is either in Wattle or on the list \
         of records that could not be loaded.</p><table><tr><th>Table<th>Way<th>FileMaker says<th>Its other interface says\
         <th>Read<th>In Wattle<th>On the list",
    );
    for c in &v.counts {
        let said = |n: Option<u64>| n.map_or_else(|| "not asked".to_owned(), |n| n.to_string());
        let class = if c.good() { "n" } else { "n bad" };
        put!(
            out,
            "<tr><th>{}<td>{}<td class=\"{class}\">{}<td class=\"{class}\">{}<td class=\"{class}\">{}<td class=\"{class}\">{}\
             <td class=\"{class}\">{}",
            c.table,
            c.route,
            said(c.filemaker),
            said(c.witness),
            c.staged,
            c.loaded,
            c.rejected()
        );
        if c.newer_extract {
            out.push_str("<tr><td colspan=7 class=bad>FileMaker was read again after the import. Run import, then verify.");
        }
    }
    out.push_str("</table>");
}

fn reasons(out: &mut String, v: &Verified) {
    out.push_str("<h2>Why records are on the list, and what was noted</h2><table><tr><th>Table<th>Code<th>Meaning<th>Records");
    for c in &v.counts {
        let lists = [("on the list", &c.rejects), ("loaded, noted", &c.notes)];
        for (what, list) in lists {
            for (code, n) in list {
                put!(
                    out,
                    "<tr><th>{}<td>{}<td>{what}: {}<td class=n>{n}",
                    c.table,
                    code.as_str(),
                    meaning(*code)
                );
            }
        }
    }
    out.push_str("</table>");
}

fn sums(out: &mut String, v: &Verified) {
    out.push_str(
        "<h2>Columns</h2><p>Filled fields and sums, counted on both sides by the database itself.</p><table><tr><th>Table\
         <th>FileMaker field<th>What<th>FileMaker<th>Left out, noted<th>Wattle",
    );
    for s in &v.sums {
        let class = if s.good() { "n" } else { "n bad" };
        let more = if s.worked_on { " (changed in Wattle since)" } else { "" };
        put!(
            out,
            "<tr><th>{}<td>{}<td>{}<td class=\"{class}\">{}<td class=\"{class}\">{}<td class=\"{class}\">{}{more}",
            s.table,
            escape(&s.column),
            s.what,
            s.there,
            s.left_out,
            s.here
        );
    }
    out.push_str("</table>");
}

fn tables(out: &mut String, v: &Verified) {
    put!(
        out,
        "<h2>Row by row</h2><p>Every row was made again from what FileMaker gave and compared with the row in Wattle. Equal \
         checksums mean equal rows. PostgreSQL itself holds {} references between tables: none can point to nothing.</p>\
         <table><tr><th>Table<th>Should be<th>Are<th>Checksum",
        v.foreign_keys
    );
    for t in &v.tables {
        let short = |root: &str| root.chars().take(16).collect::<String>();
        let check = match t.expected_root == t.actual_root {
            true => format!("<span class=good>equal</span> <code>{}</code>", short(&t.actual_root)),
            false => format!("differs in {} blocks, see below", t.blocks),
        };
        put!(out, "<tr><th>{}<td class=n>{}<td class=n>{}<td>{check}", t.table, t.expected, t.actual);
    }
    out.push_str("</table>");
    if v.differences.is_empty() {
        return;
    }
    out.push_str("<table><tr><th>Table<th>Row<th>FileMaker record<th>What<th>Columns<th>Why");
    for d in v.differences.iter().take(500) {
        let what = match d.what {
            What::Missing => "missing in Wattle",
            What::Extra => "only in Wattle",
            What::Differs => "differs",
        };
        let why = match d.why {
            Why::ChangedHere => "changed by a person in Wattle since",
            Why::DeletedHere => "deleted by a person in Wattle since",
            Why::MadeRoom => "made room for a booking made in Wattle",
            Why::History => "history stays when FileMaker forgets",
            Why::RejectedSince => "its record loaded once and is on the list now",
            Why::Unexplained => "<span class=bad>nothing explains it</span>",
        };
        let record = d.record.map_or_else(String::new, |n| n.to_string());
        put!(
            out,
            "<tr><th>{}<td><code>{}</code><td class=n>{record}<td>{what}<td>{}<td>{why}",
            d.table,
            d.id,
            d.columns.join(", ")
        );
    }
    out.push_str("</table>");
    if v.more || v.differences.len() > 500 {
        out.push_str("<p class=bad>There are more than are shown here.</p>");
    }
}

fn spot(out: &mut String, v: &Verified) {
    out.push_str("<h2>Spot check by a person</h2>");
    match &v.spot.by {
        Some(by) if v.spot.ticked == v.spot.shown => {
            put!(
                out,
                "<p class=good>{} compared {} records with FileMaker and found all of them right.</p>",
                escape(by),
                v.spot.shown
            );
        }
        Some(by) => {
            put!(
                out,
                "<p class=bad>{} compared records with FileMaker and ticked {} of {}. The others need an explanation.</p>",
                escape(by),
                v.spot.ticked,
                v.spot.shown
            );
        }
        None => {
            put!(
                out,
                "<p>Nobody has compared records yet: {} of them wait on <code>spot.html</code>.</p>",
                v.spot.shown
            );
        }
    }
}

/// Text inside of a page.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
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
        Code::DateFuture => "a birth or death in the future",
        Code::TimeUnparsed => "a time that cannot be read",
        Code::TimeAmbiguous => "a time that the clock showed twice; the first was taken",
        Code::TimeMissing => "a time that the clock never showed; the one an hour later was taken",
        Code::NumText => "words where a number belongs",
        Code::OdataUnsaid => "FileMaker's OData could not say the value; the Data API or an XML export can",
        Code::DurationRange => "a length of nothing, or of more than a day",
        Code::ValueRange => "a measured value that cannot be true",
        Code::ValueUnknown => "a word that the mapping does not translate",
        Code::KeyFolded => "found by a number that differs in capitals or blanks",
        Code::IdentifierCheck => "a number that fails its check; kept and marked",
        Code::IdentifierTaken => "a number that another patient has too",
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
