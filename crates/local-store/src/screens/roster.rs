//! Who sees patients, for whoever keeps that list.

use std::collections::BTreeMap;

use wattle_domain::entities::{Location, Practitioner, PractitionerLocation, UserName};
use wattle_domain::{PractitionerId, Rev, TableName};
use wattle_protocol::ipc::practitioners::{PractitionerEntry, Roster};

use super::{clinic, day_book};
use crate::error::Error;
use crate::store::Store;
use crate::tables::{pending, synced};

impl Store {
    /// Everybody who sees patients or did, with what their forms choose from.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn roster(&self) -> Result<Roster, Error> {
        self.read(|connection| {
            let mut numbers: BTreeMap<PractitionerId, Vec<(PractitionerLocation, Rev)>> = BTreeMap::new();
            let order = "WHERE deleted_at IS NULL ORDER BY id";
            for row in synced::select(connection, TableName::PractitionerLocation, order, [])? {
                let number: PractitionerLocation = row.read().map_err(clinic::bad)?;
                numbers.entry(number.practitioner_id).or_default().push((number, row.rev));
            }
            let mut practitioners = Vec::new();
            let order = "WHERE deleted_at IS NULL ORDER BY sort, family_name, id";
            for row in synced::select(connection, TableName::Practitioner, order, [])? {
                let practitioner: Practitioner = row.read().map_err(clinic::bad)?;
                let provider_numbers = numbers.remove(&practitioner.id).unwrap_or_default();
                let mut waiting =
                    !pending::at_row(connection, TableName::Practitioner, row.id, true)?.is_empty();
                for (number, _) in &provider_numbers {
                    let at = pending::at_row(connection, TableName::PractitionerLocation, number.id, true)?;
                    waiting |= !at.is_empty();
                }
                practitioners.push(PractitionerEntry {
                    practitioner,
                    rev: row.rev,
                    provider_numbers,
                    pending: waiting,
                });
            }
            let people = day_book::all(connection, "ORDER BY display_name, id", |u: &UserName| u.active)?;
            Ok(Roster {
                practitioners,
                locations: day_book::all(connection, "ORDER BY name, id", |_: &Location| true)?,
                people: people.into_iter().map(|one| (one.id, one.display_name)).collect(),
            })
        })
    }
}
