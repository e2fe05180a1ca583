//! A file that does not check out: set aside under another name, never deleted, and its outbox carried over.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use wattle_domain::Envelope;
use wattle_protocol::push::{Signed, Verdict};

use crate::connection::{self, beside};
use crate::data_key::DataKey;
use crate::effect::number;
use crate::error::Error;
use crate::store::Store;
use crate::tables::{meta, note_draft, outbox, scan};

/// What belongs to a file, in the order in which it is renamed.
const SUFFIXES: [&str; 3] = ["-wal", "-shm", ""];
/// Beside a file that was set aside: its outbox has been carried over, or nobody can read it.
const DONE: &str = ".recovered";

/// Where a damaged file is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Its new name; its log lies beside it.
    pub path: PathBuf,
}

impl Store {
    /// Whether a key opens a file: for a key that may be of another. A file that is torn is opened by none.
    #[must_use]
    pub fn opens(path: &Path, key: &DataKey) -> bool {
        path.exists() && connection::prove(path, key).is_ok()
    }

    /// Renames a damaged file, with its log, so that a new one can be made in its place. Close the store first.
    ///
    /// # Errors
    /// When it cannot be renamed; what was renamed already keeps its new name.
    pub fn set_aside_damaged(path: &Path) -> Result<SetAside, Error> {
        let aside = free_name(path);
        // The log first: a file without its log is a valid older file, a log without its file is nothing.
        for suffix in SUFFIXES {
            let from = beside(path, suffix);
            if from.exists() {
                std::fs::rename(&from, beside(&aside, suffix))?;
            }
        }
        tracing::warn!(aside = %aside.display(), "a damaged file was renamed");
        Ok(SetAside { path: aside })
    }

    /// Ends what a power cut interrupted: a file whose log was set aside already follows it. Call before a file is opened.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub fn finish_setting_aside(path: &Path) -> Result<(), Error> {
        for aside in set_aside_before(path) {
            let (log, file) = (beside(&aside, "-wal").exists(), aside.exists());
            if log && !file && path.exists() {
                std::fs::rename(path, &aside)?;
            }
        }
        Ok(())
    }

    /// Carries over what every file that was set aside here before still holds; each only once. A full disk is no reason to
    /// give up: the next call tries again.
    pub fn recover_set_aside(path: &Path, key: &DataKey, into: &Self) {
        for aside in set_aside_before(path).filter(|aside| aside.exists() && !beside(aside, DONE).exists()) {
            let said = match Self::recover_outbox(&aside, key, into) {
                Ok(_) => "carried over\n",
                Err(Error::NotSaved(_) | Error::Overloaded | Error::Closed | Error::Io(_)) => continue,
                // The file stays where it is for somebody with better tools; the desk must go on.
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "a damaged file's outbox is unreadable"
                    );
                    "unreadable\n"
                }
            };
            if let Err(error) = std::fs::write(beside(&aside, DONE), said) {
                tracing::warn!(error = &error as &dyn std::error::Error, "a recovery could not be marked");
            }
        }
    }

    /// Carries the commands of a damaged file over, as far as they can be read: those without an end go on waiting (with
    /// their numbers and signatures, so a retry is the same command), rejected ones go on needing attention. A command whose
    /// number is in use here already needs attention. Returns how many were carried over.
    ///
    /// # Errors
    /// When nothing of the file can be read, or when they cannot be saved.
    pub fn recover_outbox(aside: &Path, key: &DataKey, into: &Self) -> Result<usize, Error> {
        let found = connection::look(aside, key)?;
        let (commands, last_n) = (readable(&found), meta::last_n(&found));
        // A file of an older schema has none; what cannot be read is lost, and says nothing about the rest.
        let drafts = note_draft::all(&found).unwrap_or_default();
        let scans = scan::all(&found).unwrap_or_default();
        drop(found);
        // Neither a command nor the number of the last: that is no empty outbox but an unreadable one.
        let last_n = if commands.is_empty() { last_n? } else { last_n.unwrap_or(0) };
        let (carried, _) = into.write(move |txn| {
            let mut carried = 0;
            let mut highest = last_n.max(meta::last_n(txn.connection())?);
            for command in &commands {
                highest = highest.max(number(&command.envelope));
                if outbox::find(txn.connection(), command.envelope.id)?.is_some() {
                    continue;
                }
                carry(txn.connection(), command)?;
                carried += 1;
            }
            meta::set(txn.connection(), meta::LAST_N, &highest.to_string())?;
            for (author, draft) in &drafts {
                note_draft::put(txn.connection(), *author, draft, draft.saved_at)?;
            }
            for scan in &scans {
                scan::put(txn.connection(), scan)?;
            }
            crate::rebase::undo_all(txn)?;
            crate::rebase::run_all(txn)?;
            txn.tell();
            Ok::<_, Error>(carried)
        })?;
        tracing::warn!(carried, "commands were carried over from a damaged file");
        Ok(carried)
    }
}

struct Found {
    envelope: Envelope,
    payload: String,
    signature: String,
    roles: String,
    rejected: bool,
    verdict: Option<String>,
}

/// Every name that a file here may have been set aside under.
fn set_aside_before(path: &Path) -> impl Iterator<Item = PathBuf> {
    (1..=1000)
        .map({
            let path = path.to_owned();
            move |i| beside(&path, &format!(".damaged-{i}"))
        })
        .take_while(|name| SUFFIXES.iter().any(|suffix| beside(name, suffix).exists()))
}

/// A name that is not taken: `clinic.db.damaged-1`.
fn free_name(path: &Path) -> PathBuf {
    let mut tried = (1..1000).map(|i| beside(path, &format!(".damaged-{i}")));
    tried
        .find(|name| SUFFIXES.iter().all(|suffix| !beside(name, suffix).exists()))
        .unwrap_or_else(|| beside(path, ".damaged-1000"))
}

fn carry(connection: &Connection, command: &Found) -> Result<(), Error> {
    let taken = outbox::by_number(connection, number(&command.envelope))?.is_some();
    let signed = Signed { payload: command.payload.clone(), signature: command.signature.clone() };
    let roles: Vec<wattle_domain::Role> = serde_json::from_str(&command.roles).unwrap_or_default();
    if taken || command.rejected {
        let verdict = command.verdict.as_deref().and_then(|v| serde_json::from_str::<Verdict>(v).ok());
        outbox::append_rejected(
            connection,
            &outbox::New { envelope: &command.envelope, signed: &signed, roles: &roles },
            verdict.as_ref(),
        )
    } else {
        outbox::append(
            connection,
            &outbox::New { envelope: &command.envelope, signed: &signed, roles: &roles },
        )
    }
}

/// Every command that can be read, from both ends: a broken page in the middle hides only itself.
fn readable(connection: &Connection) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for order in ["ASC", "DESC"] {
        for (table, state) in [("outbox", "state = 'rejected'"), ("acknowledged", "0")] {
            let verdict =
                if table == "outbox" { "CASE WHEN state = 'rejected' THEN verdict END" } else { "NULL" };
            let aside = if table == "outbox" { "WHERE set_aside_at IS NULL" } else { "" };
            let sql = format!(
                "SELECT payload, signature, roles, {state}, {verdict} FROM {table} {aside} ORDER BY rowid {order}"
            );
            let Ok(mut statement) = connection.prepare(&sql) else { continue };
            let Ok(mut rows) = statement.query([]) else { continue };
            // The first page that cannot be read ends this direction.
            while let Ok(Some(row)) = rows.next() {
                if let Some(command) = read(row)
                    && !found.iter().any(|f| f.envelope.id == command.envelope.id)
                {
                    found.push(command);
                }
            }
        }
    }
    found.sort_by_key(|f| f.envelope.n);
    found
}

fn read(row: &rusqlite::Row<'_>) -> Option<Found> {
    let payload: String = row.get(0).ok()?;
    Some(Found {
        envelope: serde_json::from_str(&payload).ok()?,
        payload,
        signature: row.get(1).ok()?,
        roles: row.get(2).ok()?,
        rejected: row.get(3).ok()?,
        verdict: row.get(4).ok()?,
    })
}
