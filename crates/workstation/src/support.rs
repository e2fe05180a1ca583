//! The support bundle: one file of JSON about the sync, which a person can read before they send it.
//!
//! Owns: what goes into it, and what of the log.
//! Must never: hold a patient's datum, a person's name, a password, a token or a path of this computer.
//! Called by: `workstation::sync`.

use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value};
use wattle_domain::{ClinicId, ClinicZone, UserId, UtcInstant};
use wattle_local_store::keys::write_atomic;
use wattle_protocol::ipc::sync::{Bundle, SyncPage};

use crate::error::Error;

/// So much of the end of the log is looked at.
const LOG_BYTES: u64 = 512 * 1024;
/// So many lines of it are kept at most.
const LOG_LINES: usize = 500;

/// What is known.
pub(crate) struct Facts {
    pub(crate) written_at: UtcInstant,
    pub(crate) clinic: ClinicId,
    pub(crate) user: UserId,
    pub(crate) page: SyncPage,
    pub(crate) log: PathBuf,
}

#[derive(Serialize)]
struct Whole {
    about: &'static str,
    written_at: UtcInstant,
    written_at_utc: Option<String>,
    clinic: ClinicId,
    user: UserId,
    system: &'static str,
    processor: &'static str,
    sync: SyncPage,
    log: Vec<Value>,
}

const ABOUT: &str = "Wattle support file. Ids, names of commands, codes, counts and times only: nothing about a patient. \
                     Texts of the log that are not of that kind are left out.";

/// Writes it, whole or not at all.
pub(crate) fn write(facts: Facts, path: &Path) -> Result<Bundle, Error> {
    let whole = Whole {
        about: ABOUT,
        written_at: facts.written_at,
        written_at_utc: facts.written_at.to_chrono().map(|at| at.to_rfc3339()),
        clinic: facts.clinic,
        user: facts.user,
        system: std::env::consts::OS,
        processor: std::env::consts::ARCH,
        sync: facts.page,
        log: tail(&facts.log),
    };
    let text = serde_json::to_vec_pretty(&whole).map_err(|_| Error::BadFile("support bundle"))?;
    write_atomic(path, &text)?;
    let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
    Ok(Bundle { path: path.display().to_string(), bytes })
}

/// What the file is called.
pub(crate) fn name(workstation: &str, zone: ClinicZone, now: UtcInstant) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' };
    let workstation: String = workstation.chars().take(40).map(plain).collect();
    format!("wattle-support-{workstation}-{}.json", zone.local(now).format("%Y%m%d-%H%M%S"))
}

/// The last lines of the log; none when there is no log, which is no reason to keep the rest back.
fn tail(path: &Path) -> Vec<Value> {
    let Ok(mut file) = std::fs::File::open(path) else { return Vec::new() };
    let length = file.metadata().map_or(0, |meta| meta.len());
    let mut bytes = Vec::new();
    let from = length.saturating_sub(LOG_BYTES);
    if file.seek(SeekFrom::Start(from)).is_err() || file.take(LOG_BYTES).read_to_end(&mut bytes).is_err() {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&bytes);
    // A line that was cut at the front is no JSON and falls out by itself.
    let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let extra = lines.len().saturating_sub(LOG_LINES);
    lines.into_iter().skip(extra).map(strip).collect()
}

/// What of a line may leave the computer: when, how bad, where in the program, what (words of the program's own), and the
/// fields that are numbers, ids or codes.
fn strip(line: Value) -> Value {
    let mut kept = Map::new();
    let Value::Object(line) = line else { return Value::Null };
    for (name, value) in line {
        match (name.as_str(), value) {
            ("timestamp" | "level" | "target", value) => drop(kept.insert(name, value)),
            ("fields", Value::Object(fields)) => {
                for (name, value) in fields {
                    let value = field(&name, value);
                    kept.insert(name, value);
                }
            }
            // Spans quote the arguments of the functions they stand for.
            _ => {}
        }
    }
    Value::Object(kept)
}

fn field(name: &str, value: Value) -> Value {
    match (name, value) {
        (_, value @ (Value::Number(_) | Value::Bool(_) | Value::Null)) => value,
        // Literals of the program; an error's words are its own, but what it quotes or where it was may be somebody's.
        (
            "message" | "error" | "code" | "work" | "place" | "version" | "verdict" | "feed" | "table",
            Value::String(text),
        ) => Value::String(text.split_whitespace().map(word).collect::<Vec<_>>().join(" ")),
        (_, Value::String(text)) if text.parse::<uuid::Uuid>().is_ok() => Value::String(text),
        _ => Value::String("(left out)".to_owned()),
    }
}

/// A word of an error, unless it quotes something or is a place on this computer.
fn word(word: &str) -> &str {
    let outside = word.contains(['"', '\'', '\\', '@']) || (word.contains('/') && !word.contains(".rs:"));
    if outside { "(…)" } else { word }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_of_the_log_loses_what_is_not_an_id_a_code_or_our_own_words() {
        let line = json!({
            "timestamp": "2026-11-22T03:00:00Z", "level": "WARN", "target": "wattle_sync_engine::driver",
            "fields": {
                "message": "no new tokens yet", "error": "cannot open /home/canary/wattle.db: 'CANARY' denied", "times": 3,
                "command": "00000000-0000-0000-0000-000000000003", "name": "CANARY", "place": "crates/x/src/y.rs:12:3"
            },
            "span": {"patient": "CANARY"}, "spans": [{"query": "CANARY"}], "threadName": "CANARY"
        });
        let kept = strip(line);
        let text = kept.to_string();
        assert!(!text.to_lowercase().contains("canary"), "{text}");
        for left in ["no new tokens yet", "cannot open", "denied", "000000000003", "y.rs:12:3", "\"times\":3"]
        {
            assert!(text.contains(left), "{left} is missing in {text}");
        }
    }

    #[test]
    fn only_the_end_of_a_long_log_is_read_and_a_missing_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wattle.log");
        assert!(tail(&path).is_empty());
        let line = |n: usize| {
            format!("{}\n", json!({"level": "INFO", "fields": {"n": n, "message": "x".repeat(900)}}))
        };
        std::fs::write(&path, (0..2000).map(line).collect::<String>() + "cut {").unwrap();
        let lines = tail(&path);
        assert_eq!(lines.len(), LOG_LINES);
        assert_eq!(lines.last().unwrap()["n"], 1999);
    }

    #[test]
    fn the_name_says_which_workstation_and_when_and_nothing_that_a_file_system_refuses() {
        let at = UtcInstant(1_795_300_000_000);
        let name = name("reception 1/é", ClinicZone::default(), at);
        assert!(name.starts_with("wattle-support-reception-1---2026"), "{name}");
    }
}
