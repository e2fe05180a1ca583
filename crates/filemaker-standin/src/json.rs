//! Text and numbers as JSON, written straight into a reply.

use std::fmt::Write;

/// A JSON string.
pub(crate) fn string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\r"), // FileMaker's return is CR
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A JSON string of its own.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::new();
    string(&mut out, text);
    out
}
