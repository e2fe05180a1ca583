//! The clinic, its clock, and who is who.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};
use wattle_domain::entities::{Clinic, Practitioner};
use wattle_domain::{ClinicDate, ClinicZone, PractitionerId, TableName, UserId, UtcInstant};

use super::day_book;
use super::waiting_room::practitioner_name;
use crate::error::Error;
use crate::store::Store;
use crate::tables::synced;

impl Store {
    /// The clinic; `None` before the first sync.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn clinic(&self) -> Result<Option<Clinic>, Error> {
        let id = self.identity().clinic;
        self.read(|connection| {
            let row = synced::get(connection, TableName::Clinic, id.0)?;
            row.map(|row| row.read().map_err(bad)).transpose()
        })
    }

    /// The practitioner that a user is, if they are one.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn practitioner_of(&self, user: UserId) -> Result<Option<PractitionerId>, Error> {
        self.read(|connection| {
            let sql = "SELECT id FROM practitioner WHERE user_id = ? AND deleted_at IS NULL ORDER BY active DESC, sort, id";
            let id: Option<String> =
                connection.prepare_cached(sql)?.query_row([user.to_string()], |row| row.get(0)).optional()?;
            id.map(|id| id.parse().map_err(|_| Error::BadRow { what: "practitioner".into() })).transpose()
        })
    }

    /// Somebody who sees patients, or did.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn practitioner(&self, id: PractitionerId) -> Result<Option<Practitioner>, Error> {
        self.read(|connection| {
            let row = synced::get(connection, TableName::Practitioner, id.0)?;
            row.map(|row| row.read().map_err(bad)).transpose()
        })
    }

    /// Everybody who sees patients, or did.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn practitioners(&self) -> Result<Vec<Practitioner>, Error> {
        self.read(|connection| {
            day_book::all(connection, "ORDER BY sort, family_name, id", |_: &Practitioner| true)
        })
    }

    /// Their names, as people say them: `Dr Lee`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn practitioner_names(&self) -> Result<BTreeMap<PractitionerId, String>, Error> {
        Ok(self.practitioners()?.iter().map(|one| (one.id, practitioner_name(one))).collect())
    }

    /// Display names of everybody who signs in or did.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn user_names(&self) -> Result<BTreeMap<UserId, String>, Error> {
        self.read(user_names)
    }
}

pub(super) fn user_names(connection: &Connection) -> Result<BTreeMap<UserId, String>, Error> {
    let mut statement = connection.prepare_cached("SELECT id, display_name FROM user_name")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (id, name) = row?;
        Ok((id.parse().map_err(|_| Error::BadRow { what: "user name".into() })?, name))
    })
    .collect()
}

/// The clinic's zone; Sydney's before the first sync, and when the name is none that is known.
pub(super) fn zone(connection: &Connection) -> Result<ClinicZone, Error> {
    let name: Option<String> = connection
        .prepare_cached("SELECT time_zone FROM clinic LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(name.and_then(|name| name.parse().ok()).map(ClinicZone).unwrap_or_default())
}

/// The clinic's day now.
pub(super) fn today(connection: &Connection, now: UtcInstant) -> Result<ClinicDate, Error> {
    Ok(zone(connection)?.date(now))
}

pub(super) fn bad(row: wattle_domain::table::BadRow) -> Error {
    Error::BadRow { what: row.to_string() }
}
