//! The only place that prints.

use std::io::Write as _;

/// One JSON object on its own line.
pub(crate) fn say(value: &serde_json::Value) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{value}");
    let _ = out.flush();
}
