//! Notes that nobody has signed and letters that nobody has filed yet: each of its author, in this file only.

use rusqlite::Connection;
use wattle_domain::{NoteId, PatientId, UserId, UtcInstant};
use wattle_protocol::ipc::record::NoteDraft;

use crate::error::Error;

/// Saves a draft over what it was. Somebody else's of the same id stays as it is; false then.
pub(crate) fn put(
    connection: &Connection,
    author: UserId,
    draft: &NoteDraft,
    now: UtcInstant,
) -> Result<bool, Error> {
    let sql = "INSERT INTO note_draft (note_id, author, patient_id, appointment_id, supersedes, amends, body, saved_at, letter)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (note_id) DO UPDATE SET
               appointment_id = excluded.appointment_id, body = excluded.body, saved_at = excluded.saved_at,
               letter = excluded.letter
               WHERE author = excluded.author AND patient_id = excluded.patient_id";
    let text = |id: Option<uuid::Uuid>| id.map(|id| id.to_string());
    let letter = draft.letter.as_ref().map(serde_json::to_string).transpose().map_err(|_| bad())?;
    let saved = connection.prepare_cached(sql)?.execute(rusqlite::params![
        draft.note_id.to_string(),
        author.to_string(),
        draft.patient_id.to_string(),
        text(draft.appointment_id.map(Into::into)),
        text(draft.supersedes.map(Into::into)),
        text(draft.amends.map(Into::into)),
        draft.body,
        now.0,
        letter,
    ])?;
    Ok(saved == 1)
}

/// Forgets a draft of a person.
pub(crate) fn forget(connection: &Connection, author: UserId, note: NoteId) -> Result<(), Error> {
    let sql = "DELETE FROM note_draft WHERE note_id = ? AND author = ?";
    connection.prepare_cached(sql)?.execute([note.to_string(), author.to_string()])?;
    Ok(())
}

/// The note, or the letter, that a draft was to become is there.
const DONE: &str = "(EXISTS (SELECT 1 FROM clinical_note n WHERE n.id = note_draft.note_id)
    OR EXISTS (SELECT 1 FROM letter l WHERE l.id = note_draft.note_id))";

/// Forgets the drafts whose note or letter is there: what came after it was saved was cut off.
pub(crate) fn forget_done(connection: &Connection) -> Result<(), Error> {
    let sql = &format!("DELETE FROM note_draft WHERE {DONE}");
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// A person's drafts about a patient, newest first, without those whose note or letter is there.
pub(crate) fn of(
    connection: &Connection,
    author: UserId,
    patient: PatientId,
) -> Result<Vec<NoteDraft>, Error> {
    let condition = format!("WHERE patient_id = ? AND author = ? AND NOT {DONE} ORDER BY saved_at DESC");
    let found = select(connection, &condition, [patient.to_string(), author.to_string()])?;
    Ok(found.into_iter().map(|(_, draft)| draft).collect())
}

/// Every draft that can be read, with its author. Of a file from before letters had drafts, those of notes.
pub(crate) fn all(connection: &Connection) -> Result<Vec<(UserId, NoteDraft)>, Error> {
    let letters: bool = connection
        .prepare("SELECT count(*) > 0 FROM pragma_table_info('note_draft') WHERE name = 'letter'")?
        .query_row([], |row| row.get(0))?;
    if letters { select(connection, "", []) } else { read(connection, "NULL", "", []) }
}

fn select(
    connection: &Connection,
    condition: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<(UserId, NoteDraft)>, Error> {
    read(connection, "letter", condition, parameters)
}

fn read(
    connection: &Connection,
    letter: &str,
    condition: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<(UserId, NoteDraft)>, Error> {
    let sql = format!(
        "SELECT author, note_id, patient_id, appointment_id, supersedes, amends, body, saved_at, {letter} FROM note_draft {condition}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(parameters)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let maybe = |column: usize| -> Result<Option<uuid::Uuid>, Error> {
            let text: Option<String> = row.get(column)?;
            text.map(|text| id(&text)).transpose()
        };
        let needed = |column: usize| -> Result<uuid::Uuid, Error> { id(&row.get::<_, String>(column)?) };
        let letter: Option<String> = row.get(8)?;
        let draft = NoteDraft {
            note_id: needed(1)?.into(),
            patient_id: needed(2)?.into(),
            appointment_id: maybe(3)?.map(Into::into),
            supersedes: maybe(4)?.map(Into::into),
            amends: maybe(5)?.map(Into::into),
            body: row.get(6)?,
            letter: letter.map(|text| serde_json::from_str(&text)).transpose().map_err(|_| bad())?,
            saved_at: UtcInstant(row.get(7)?),
        };
        found.push((needed(0)?.into(), draft));
    }
    Ok(found)
}

fn id(text: &str) -> Result<uuid::Uuid, Error> {
    text.parse().map_err(|_| bad())
}

fn bad() -> Error {
    Error::BadRow { what: "note_draft".into() }
}
