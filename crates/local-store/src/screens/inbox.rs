//! The inbox of results.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};
use wattle_domain::entities::{InboxItem, Practitioner};
use wattle_domain::restriction::Door;
use wattle_domain::{ClinicDate, DocumentId, PatientId, PractitionerId, TableName, UserId, UtcInstant};
use wattle_protocol::ipc::documents::DocumentRef;
use wattle_protocol::ipc::results::{Inbox, InboxDocument, InboxLine, InboxQuery};

use super::documents::rows;
use super::restricted::door;
use super::waiting_room::practitioner_name;
use super::{card, clinic, day_book};
use crate::error::Error;
use crate::store::Store;
use crate::tables::{pending, synced};

impl Store {
    /// What waits for somebody to act on it: out of the ordinary first, then the oldest. Of a record that is shut to `viewer`
    /// it says only that something waits.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn inbox(&self, query: InboxQuery, viewer: UserId) -> Result<Inbox, Error> {
        let now = self.shared().clock.now();
        self.read(|connection| inbox(connection, query, viewer, now))
    }
}

fn inbox(
    connection: &Connection,
    query: InboxQuery,
    viewer: UserId,
    now: UtcInstant,
) -> Result<Inbox, Error> {
    let names: BTreeMap<PractitionerId, String> = day_book::all(connection, "", |_: &Practitioner| true)?
        .into_iter()
        .map(|practitioner| (practitioner.id, practitioner_name(&practitioner)))
        .collect();
    let condition = "INDEXED BY inbox_item_waiting WHERE action IS NULL AND deleted_at IS NULL ORDER BY abnormal DESC, received_at, id";
    let mut out = Inbox::default();
    let mut waiting: BTreeMap<PractitionerId, u64> = BTreeMap::new();
    for row in synced::select(connection, TableName::InboxItem, condition, [])? {
        let mut item: InboxItem = row.read().map_err(clinic::bad)?;
        out.total += 1;
        if let Some(whose) = item.practitioner_id {
            *waiting.entry(whose).or_default() += 1;
        }
        let mine =
            query.practitioner_id.is_none_or(|id| item.practitioner_id.is_none_or(|whose| whose == id));
        if !mine {
            continue;
        }
        let shut = door(connection, item.patient_id, viewer, now)? == Door::Shut;
        if shut {
            (item.title, item.source, item.text, item.document_id) = (String::new(), None, None, None);
        }
        let (patient_name, birth_date) = patient(connection, item.patient_id)?;
        let document = match item.document_id {
            Some(id) => document(connection, id, item.patient_id)?,
            None => None,
        };
        out.items.push(InboxLine {
            document,
            patient_name,
            shut,
            birth_date,
            practitioner_name: item.practitioner_id.and_then(|id| names.get(&id).cloned()),
            pending: !pending::at_row(connection, TableName::InboxItem, row.id, true)?.is_empty(),
            item,
        });
    }
    let named = waiting.into_iter().filter_map(|(id, count)| Some((id, names.get(&id)?.clone(), count)));
    out.practitioners = named.collect();
    Ok(out)
}

/// The document of a result, when its row is here and of the same patient: a result names it and does not look it up.
fn document(
    connection: &Connection,
    id: DocumentId,
    patient: PatientId,
) -> Result<Option<InboxDocument>, Error> {
    let found = rows(connection, "WHERE id = ? AND patient_id = ?", [id.to_string(), patient.to_string()])?;
    Ok(found.into_iter().next().map(|row| InboxDocument {
        document: DocumentRef { document_id: id, table: row.table },
        title: row.document.title,
        mime: row.document.mime,
    }))
}

/// `COSTA Maria` and the birth date; empty when they are not here.
fn patient(connection: &Connection, id: PatientId) -> Result<(String, Option<ClinicDate>), Error> {
    let sql =
        "SELECT family_name, given_name, preferred_name, birth_date FROM patient_card WHERE patient_id = ?";
    let found = connection
        .prepare_cached(sql)?
        .query_row([id.to_string()], |row| {
            let (family, given, preferred): (String, Option<String>, Option<String>) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((
                card::name(Some(&family), given.as_deref(), preferred.as_deref()),
                row.get::<_, Option<String>>(3)?,
            ))
        })
        .optional()?;
    Ok(found.map_or_else(Default::default, |(name, born)| (name, born.and_then(|text| text.parse().ok()))))
}
