//! Restricted patients as somebody sees them: what stays of the record while its door is shut, and who may be named to it.

use rusqlite::Connection;
use wattle_domain::entities::Restriction;
use wattle_domain::restriction::{self, Door};
use wattle_domain::{PatientId, TableName, UserId, UtcInstant, World};
use wattle_protocol::ipc::patients::{PatientRecord, Restricted, RestrictionForm};

use super::clinic;
use crate::error::Error;
use crate::store::Store;
use crate::{tables::synced, world};

impl Store {
    /// How a patient's record stands before somebody now.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn door(&self, patient: PatientId, viewer: UserId) -> Result<Door, Error> {
        let now = self.shared().clock.now();
        self.read(|connection| door(connection, patient, viewer, now))
    }

    /// A patient's record as somebody may see it: while it is shut to them, who it is and when they come.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn patient_for(&self, id: PatientId, viewer: UserId) -> Result<Option<PatientRecord>, Error> {
        let Some(mut record) = self.patient(id)? else { return Ok(None) };
        let now = self.shared().clock.now();
        let (restriction, door) = self.read(|connection| {
            let world = world::load(connection, &restriction::reads(id))?;
            Ok((in_force(&world, id), restriction::door(&world, id, viewer, now)))
        })?;
        if let Some(restriction) = restriction {
            record.restricted = Some(Restricted {
                shut: door == Door::Shut,
                until: if let Door::Glass { until } = door { Some(until) } else { None },
            });
            let open_to: Vec<UserId> = restriction.people().collect();
            let names = self.read(clinic::user_names)?;
            record.open_to =
                open_to.iter().map(|user| names.get(user).cloned().unwrap_or_default()).collect();
        }
        if door == Door::Shut {
            shut(&mut record);
        }
        Ok(Some(record))
    }

    /// To whom a record is open, and everybody who could be.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn restriction(&self, patient: PatientId) -> Result<RestrictionForm, Error> {
        self.read(|connection| {
            let row = synced::get(connection, TableName::Restriction, restriction::id_of(patient))?;
            let known = row.and_then(|row| row.read::<Restriction>().ok());
            let sql = "SELECT id, display_name FROM user_name WHERE active = 1 AND deleted_at IS NULL
                       ORDER BY display_name, id";
            let mut statement = connection.prepare_cached(sql)?;
            let people = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
            let people = people
                .map(|person| {
                    let (id, name) = person?;
                    Ok((id.parse().map_err(|_| Error::BadRow { what: "user name".into() })?, name))
                })
                .collect::<Result<Vec<_>, Error>>()?;
            Ok(RestrictionForm {
                restricted: known.as_ref().is_some_and(|known| known.active),
                open_to: known.map(|known| known.people().collect()).unwrap_or_default(),
                people,
            })
        })
    }
}

/// How a patient's record stands before somebody.
pub(super) fn door(
    connection: &Connection,
    patient: PatientId,
    viewer: UserId,
    now: UtcInstant,
) -> Result<Door, Error> {
    let world = world::load(connection, &restriction::reads(patient))?;
    Ok(restriction::door(&world, patient, viewer, now))
}

fn in_force(world: &World, patient: PatientId) -> Option<Restriction> {
    let row = world.row(TableName::Restriction, restriction::id_of(patient))?;
    let restriction: Restriction = row.read().ok()?;
    (restriction.active && row.attribution.deleted_at.is_none()).then_some(restriction)
}

/// Takes out what is not shown through a shut door. Alerts stay: they are written for whoever deals with the person.
fn shut(record: &mut PatientRecord) {
    record.contacts.clear();
    record.identifiers.clear();
    record.addresses.clear();
    record.recalls.clear();
    record.consents.clear();
    record.revs.clear();
    record.patient.gender = None;
    record.patient.indigenous_status = None;
    record.patient.field_changes.clear();
    for card in &mut record.appointments {
        card.note = None;
    }
}

/// An SQL expression that is `column` of a `patient_card` named `card`, and nothing for a restricted patient: lists show how
/// to reach somebody to whoever passes.
pub(super) fn unless_restricted(card: &str, column: &str) -> String {
    format!(
        "CASE WHEN EXISTS (SELECT 1 FROM restriction r WHERE r.patient_id = {card}.patient_id AND r.active = 1
         AND r.deleted_at IS NULL) THEN NULL ELSE {card}.{column} END"
    )
}
