//! One patient with what hangs on them.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use uuid::Uuid;
use wattle_domain::entities::{Address, Alert, Consent, Patient, PatientContact, PatientIdentifier, Recall};
use wattle_domain::{Entity, PatientId, Row, TableName, UserId, UtcInstant};
use wattle_protocol::ipc::patients::PatientRecord;

use super::{card, clinic};
use crate::error::Error;
use crate::store::Store;
use crate::tables::{pending, synced};

impl Store {
    /// A patient's record; `None` when there is no such patient here.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn patient(&self, id: PatientId) -> Result<Option<PatientRecord>, Error> {
        let now = self.shared().clock.now();
        self.read(|connection| record(connection, id, now))
    }
}

fn record(connection: &Connection, id: PatientId, now: UtcInstant) -> Result<Option<PatientRecord>, Error> {
    let Some(row) = synced::get(connection, TableName::Patient, id.0)? else { return Ok(None) };
    let today = clinic::today(connection, now)?;
    let mut rows = vec![(TableName::Patient, row.clone())];
    let mut contacts: Vec<PatientContact> = parts(connection, id, &mut rows)?;
    contacts.sort_by_key(|c| (!c.preferred, c.kind, c.id));
    let identifiers: Vec<PatientIdentifier> = parts(connection, id, &mut rows)?;
    let addresses: Vec<Address> = parts(connection, id, &mut rows)?;
    let mut alerts: Vec<Alert> = parts(connection, id, &mut rows)?;
    alerts.retain(|a| a.expires_on.is_none_or(|last| last >= today));
    let mut recalls: Vec<Recall> = parts(connection, id, &mut rows)?;
    recalls.sort_by_key(|r| (r.due_on, r.id));
    let mut consents: Vec<Consent> = parts(connection, id, &mut rows)?;
    consents.sort_by_key(|c| std::cmp::Reverse((c.said_at, c.id)));
    let appointments = card::select(
        connection,
        "appointment_patient",
        "WHERE a.patient_id = ? AND a.deleted_at IS NULL ORDER BY a.start_at DESC LIMIT 50",
        [id.to_string()],
        today,
    )?;
    let all_names = clinic::user_names(connection)?;
    let mut users: BTreeSet<UserId> = rows.iter().flat_map(|(_, row)| users_of(row)).collect();
    users.extend(appointments.iter().filter_map(|card| card.updated_by));
    let names = users.into_iter().filter_map(|u| Some((u, all_names.get(&u)?.clone()))).collect();
    let mut revs = BTreeMap::new();
    let mut waiting = Vec::new();
    for (table, row) in &rows {
        revs.insert(row.id, row.rev);
        if !pending::at_row(connection, *table, row.id, true)?.is_empty() {
            waiting.push(row.id);
        }
    }
    Ok(Some(PatientRecord {
        patient: row.read::<Patient>().map_err(clinic::bad)?,
        contacts,
        identifiers,
        addresses,
        alerts,
        appointments,
        recalls,
        consents,
        restricted: None,
        open_to: Vec::new(),
        revs,
        pending: waiting,
        names,
        updated_by: row.attribution.updated_by,
        updated_at: row.attribution.updated_at,
    }))
}

/// The live rows of a table that hang on a patient; also added to `rows`.
fn parts<E: Entity>(
    connection: &Connection,
    id: PatientId,
    rows: &mut Vec<(TableName, Row)>,
) -> Result<Vec<E>, Error> {
    let mut entities = Vec::new();
    for row in synced::of_patient(connection, E::TABLE.name, id)? {
        if row.attribution.deleted_at.is_none() {
            entities.push(row.read().map_err(clinic::bad)?);
            rows.push((E::TABLE.name, row));
        }
    }
    Ok(entities)
}

/// Everybody who is named in a row.
fn users_of(row: &Row) -> Vec<UserId> {
    let mut users: Vec<UserId> =
        [row.attribution.created_by, row.attribution.updated_by].into_iter().flatten().collect();
    if let Some(changes) = row.field("field_changes").as_object() {
        let by = changes.values().filter_map(|change| change.get("by")?.as_str());
        users.extend(by.filter_map(|id| Uuid::parse_str(id).ok()).map(UserId));
    }
    users
}
