//! The report as files: a page, the same on paper, and as JSON.

use std::fmt::Write;
use std::path::Path;

use super::account::{Account, Cell, Column, Part, Tone};
use super::{Typesetter, Verified};
use crate::error::Error;
use crate::mapping::Mapping;

/// The head of both pages. No script or style from elsewhere: they are read without a network.
pub(super) const HEAD: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>TITLE</title><style>
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:68rem;padding:0 1rem;color:#1d2521;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;margin:.5rem 0;width:100%}
th,td{border-bottom:1px solid #d5dbd7;padding:.25rem .6rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{font-weight:600}.n{text-align:right;font-variant-numeric:tabular-nums}small{font-weight:400}th.head{background:#eef2ef}
.good{color:#17603a}.bad{color:#a01b1b;font-weight:600}.two{display:grid;grid-template-columns:1fr 1fr;gap:1rem;align-items:start}.two td{white-space:pre-line}
code{font-size:.9em}section{break-inside:avoid}@media print{body{margin:0;max-width:none}}</style>";

/// Writes `report.html`, `report.json`, and `report.pdf` where there is who typesets it.
pub(super) fn write(
    mapping: &Mapping,
    verified: &Verified,
    typesetter: Option<Typesetter>,
    out: &Path,
) -> Result<(), Error> {
    std::fs::create_dir_all(out).map_err(Error::file(out))?;
    let account = Account::new(mapping, verified);
    let put = |name: &str, bytes: &[u8]| {
        let path = out.join(name);
        std::fs::write(&path, bytes).map_err(Error::file(&path))
    };
    put("report.html", html(&account).as_bytes())?;
    put("report.json", &serde_json::to_vec_pretty(verified).unwrap_or_default())?;
    if let Some(typeset) = typesetter {
        let pdf = typeset(&account).map_err(|why| Error::Refused(format!("report.pdf: {why}.")))?;
        put("report.pdf", &pdf)?;
    }
    Ok(())
}

/// Writing to a String does not fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => {
        let _ = write!($out, $($arg)*);
    };
}

fn html(account: &Account) -> String {
    let mut out = HEAD.replace("TITLE", "Out of FileMaker");
    put!(out, "<h1>{}</h1>", escape(&account.title));
    for part in &account.parts {
        match part {
            Part::Heading { text } => {
                put!(out, "<h2>{}</h2>", escape(text));
            }
            Part::Words { text, tone } => {
                put!(out, "<p class=\"{}\">{}</p>", class(*tone), escape(text));
            }
            Part::Table { head, rows } => table(&mut out, head, rows),
        }
    }
    put!(out, "<p>{}</p></html>", escape(&account.foot));
    out
}

fn table(out: &mut String, head: &[Column], rows: &[Vec<Cell>]) {
    out.push_str("<table><tr>");
    for column in head {
        let number = if column.number { " class=n" } else { "" };
        put!(out, "<th{number}>{}", escape(column.text));
    }
    for row in rows {
        out.push_str("<tr>");
        for (n, (column, cell)) in head.iter().zip(row).enumerate() {
            let element = if n == 0 { "th" } else { "td" };
            let number = if column.number { "n " } else { "" };
            let text = escape(&cell.text);
            let text = if cell.code { format!("<code>{text}</code>") } else { text };
            put!(out, "<{element} class=\"{number}{}\">{text}", class(cell.tone));
        }
    }
    out.push_str("</table>");
}

fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "",
        Tone::Good => "good",
        Tone::Bad => "bad",
    }
}

/// Text inside of a page.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
