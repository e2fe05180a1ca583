//! A patient's clinical record, and the drafts of whoever reads it.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use uuid::Uuid;
use wattle_domain::entities::{Allergy, ClinicalNote, Condition, InboxItem, Letter, Medication, Observation};
use wattle_domain::{Entity, NoteId, Row, TableName, UserId, substance};
use wattle_protocol::ipc::record::{
    ClinicalRecord, Made, NEWEST_ENDED, NEWEST_NOTES, NEWEST_OBSERVATIONS, NoteDraft, RecordQuery,
};

use super::clinic;
use crate::error::Error;
use crate::store::Store;
use crate::tables::{note_draft, synced};

/// The tables of the record that are read here.
const TABLES: [TableName; 7] = [
    TableName::Allergy,
    TableName::Condition,
    TableName::Medication,
    TableName::Observation,
    TableName::ClinicalNote,
    TableName::Letter,
    TableName::InboxItem,
];

impl Store {
    /// What is in a patient's clinical record; empty in a file that may not hold it. `viewer` gets their own drafts.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn clinical_record(&self, query: RecordQuery, viewer: UserId) -> Result<ClinicalRecord, Error> {
        self.read(|connection| record(connection, query, viewer))
    }

    /// Saves a note that is not signed yet, on disk when this returns. False when the draft is somebody else's.
    ///
    /// # Errors
    /// When it could not be saved; what was saved before is still there.
    pub fn save_draft(&self, author: UserId, draft: NoteDraft) -> Result<bool, Error> {
        let (saved, _) = self.write(move |txn| {
            let now = txn.now();
            note_draft::forget_done(txn.connection())?;
            note_draft::put(txn.connection(), author, &draft, now)
        })?;
        Ok(saved)
    }

    /// Forgets a draft of a person.
    ///
    /// # Errors
    /// When it could not be saved.
    pub fn discard_draft(&self, author: UserId, note: NoteId) -> Result<(), Error> {
        let ((), _) = self.write(move |txn| note_draft::forget(txn.connection(), author, note))?;
        Ok(())
    }
}

/// What is known of the rows beside what they say.
#[derive(Default)]
struct Seen {
    made: BTreeMap<Uuid, Made>,
    users: BTreeSet<UserId>,
}

impl Seen {
    /// The typed view of rows, each noted.
    fn take<E: Entity>(&mut self, rows: Vec<Row>) -> Result<Vec<E>, Error> {
        rows.into_iter()
            .map(|row| {
                let made = Made { by: row.attribution.created_by, at: row.attribution.created_at };
                self.users.extend(made.by);
                self.made.insert(row.id, made);
                row.read().map_err(clinic::bad)
            })
            .collect()
    }
}

fn record(connection: &Connection, query: RecordQuery, viewer: UserId) -> Result<ClinicalRecord, Error> {
    let patient = query.patient_id.to_string();
    let most = |newest: usize| if query.all { i64::MAX } else { i64::try_from(newest).unwrap_or(i64::MAX) };
    let mut seen = Seen::default();
    let mut revs = BTreeMap::new();
    let rows = |table: TableName, order: &str, most: i64| {
        let condition = format!("WHERE patient_id = ?1 AND deleted_at IS NULL {order} LIMIT ?2");
        synced::select(connection, table, &condition, rusqlite::params![patient, most])
    };
    let mut entries = |table: TableName| -> Result<Vec<Row>, Error> {
        let mut found = rows(table, "AND status = 'active' ORDER BY created_at DESC, id DESC", i64::MAX)?;
        let ended = if table == TableName::Allergy { i64::MAX } else { most(NEWEST_ENDED) };
        found.extend(rows(table, "AND status <> 'active' ORDER BY created_at DESC, id DESC", ended)?);
        revs.extend(found.iter().map(|row| (row.id, row.rev)));
        Ok(found)
    };
    let allergies: Vec<Allergy> = seen.take(entries(TableName::Allergy)?)?;
    let conditions: Vec<Condition> = seen.take(entries(TableName::Condition)?)?;
    let medications: Vec<Medication> = seen.take(entries(TableName::Medication)?)?;
    // What was put right is left out before the newest are counted.
    let observations: Vec<Observation> = seen.take(rows(
        TableName::Observation,
        "AND value_milli IS NOT NULL AND id NOT IN
         (SELECT supersedes FROM observation WHERE patient_id = ?1 AND supersedes IS NOT NULL)
         ORDER BY effective_at DESC, id DESC",
        most(NEWEST_OBSERVATIONS),
    )?)?;
    let notes: Vec<ClinicalNote> =
        seen.take(rows(TableName::ClinicalNote, "ORDER BY signed_at DESC, id DESC", most(NEWEST_NOTES))?)?;
    seen.users.extend(notes.iter().map(|note| note.author_id));
    let letters: Vec<Letter> =
        seen.take(rows(TableName::Letter, "ORDER BY written_at DESC, id DESC", most(NEWEST_NOTES))?)?;
    let results: Vec<InboxItem> =
        seen.take(rows(TableName::InboxItem, "ORDER BY received_at DESC, id DESC", most(NEWEST_NOTES))?)?;
    seen.users.extend(letters.iter().map(|letter| letter.author_id));
    seen.users.extend(results.iter().filter_map(|result| result.actioned_by));
    let all_names = clinic::user_names(connection)?;
    let names = seen.users.iter().filter_map(|u| Some((*u, all_names.get(u)?.clone()))).collect();
    let mut total = 0;
    for table in TABLES {
        total += count(connection, table, &patient)?;
    }
    let pending = waiting(connection)?.into_iter().filter(|id| seen.made.contains_key(id)).collect();
    Ok(ClinicalRecord {
        patient_id: query.patient_id,
        unanswered: substance::unanswered(&allergies, &medications),
        drafts: note_draft::of(connection, viewer, query.patient_id)?,
        shown: seen.made.len() as u64,
        made: seen.made,
        allergies,
        conditions,
        medications,
        observations,
        notes,
        letters,
        results,
        revs,
        pending,
        names,
        total,
    })
}

/// Entries of a table that count: without what was put right.
fn count(connection: &Connection, table: TableName, patient: &str) -> Result<u64, Error> {
    let and = match table {
        TableName::Observation => {
            "AND value_milli IS NOT NULL AND id NOT IN
             (SELECT supersedes FROM observation WHERE patient_id = ?1 AND supersedes IS NOT NULL)"
        }
        _ => "",
    };
    let sql =
        format!("SELECT count(*) FROM {} WHERE patient_id = ?1 AND deleted_at IS NULL {and}", table.as_str());
    let n: i64 = connection.prepare_cached(&sql)?.query_row([patient], |row| row.get(0))?;
    Ok(u64::try_from(n).unwrap_or(0))
}

/// Rows of the record that a command in effect has changed.
fn waiting(connection: &Connection) -> Result<Vec<Uuid>, Error> {
    let tables = TABLES.map(|table| format!("'{}'", table.as_str())).join(", ");
    let sql = format!("SELECT DISTINCT id FROM pending_row WHERE wrote = 1 AND tbl IN ({tables})");
    let mut statement = connection.prepare_cached(&sql)?;
    let ids = statement.query_map([], |row| row.get::<_, String>(0))?;
    ids.map(|id| id?.parse().map_err(|_| Error::BadRow { what: "pending_row".into() })).collect()
}
