//! Notes that nobody has signed yet: each of its author, in this file only.

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
    let sql = "INSERT INTO note_draft (note_id, author, patient_id, appointment_id, supersedes, amends, body, saved_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (note_id) DO UPDATE SET
               appointment_id = excluded.appointment_id, body = excluded.body, saved_at = excluded.saved_at
               WHERE author = excluded.author AND patient_id = excluded.patient_id";
    let text = |id: Option<uuid::Uuid>| id.map(|id| id.to_string());
    let saved = connection.prepare_cached(sql)?.execute(rusqlite::params![
        draft.note_id.to_string(),
        author.to_string(),
        draft.patient_id.to_string(),
        text(draft.appointment_id.map(Into::into)),
        text(draft.supersedes.map(Into::into)),
        text(draft.amends.map(Into::into)),
        draft.body,
        now.0,
    ])?;
    Ok(saved == 1)
}

/// Forgets a draft of a person.
pub(crate) fn forget(connection: &Connection, author: UserId, note: NoteId) -> Result<(), Error> {
    let sql = "DELETE FROM note_draft WHERE note_id = ? AND author = ?";
    connection.prepare_cached(sql)?.execute([note.to_string(), author.to_string()])?;
    Ok(())
}

/// Forgets the drafts whose note is there: signing was cut off after the note was saved.
pub(crate) fn forget_signed(connection: &Connection) -> Result<(), Error> {
    let sql = "DELETE FROM note_draft WHERE note_id IN (SELECT id FROM clinical_note)";
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// A person's drafts about a patient, newest first, without those whose note is there.
pub(crate) fn of(
    connection: &Connection,
    author: UserId,
    patient: PatientId,
) -> Result<Vec<NoteDraft>, Error> {
    let condition = "WHERE patient_id = ? AND author = ? AND NOT EXISTS
        (SELECT 1 FROM clinical_note n WHERE n.id = note_draft.note_id) ORDER BY saved_at DESC";
    let found = select(connection, condition, [patient.to_string(), author.to_string()])?;
    Ok(found.into_iter().map(|(_, draft)| draft).collect())
}

/// Every draft that can be read, with its author.
pub(crate) fn all(connection: &Connection) -> Result<Vec<(UserId, NoteDraft)>, Error> {
    select(connection, "", [])
}

fn select(
    connection: &Connection,
    condition: &str,
    parameters: impl rusqlite::Params,
) -> Result<Vec<(UserId, NoteDraft)>, Error> {
    let sql = format!(
        "SELECT author, note_id, patient_id, appointment_id, supersedes, amends, body, saved_at FROM note_draft {condition}"
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
        let draft = NoteDraft {
            note_id: needed(1)?.into(),
            patient_id: needed(2)?.into(),
            appointment_id: maybe(3)?.map(Into::into),
            supersedes: maybe(4)?.map(Into::into),
            amends: maybe(5)?.map(Into::into),
            body: row.get(6)?,
            saved_at: UtcInstant(row.get(7)?),
        };
        found.push((needed(0)?.into(), draft));
    }
    Ok(found)
}

fn id(text: &str) -> Result<uuid::Uuid, Error> {
    text.parse().map_err(|_| Error::BadRow { what: "note_draft".into() })
}
