//! Loads what a command looks at.

use rusqlite::Connection;
use wattle_domain::{Read, TableName, World};

use crate::error::Error;
use crate::tables::synced;

/// The rows as people see them here: the server's with pending effects over them.
pub(crate) fn load(connection: &Connection, reads: &[Read]) -> Result<World, Error> {
    let mut world = World::default();
    for read in reads {
        match *read {
            Read::Row(table, id) => {
                if let Some(row) = synced::get(connection, table, id)? {
                    world.insert(table, row);
                }
            }
            Read::OfPatient(table, patient) => {
                for row in synced::of_patient(connection, table, patient)? {
                    world.insert(table, row);
                }
            }
            Read::Book { practitioner, from, to } => {
                for row in synced::book(connection, practitioner, from, to)? {
                    world.insert(TableName::Appointment, row);
                }
            }
            // Only the server gives record numbers.
            Read::NextRecordNumber => {}
        }
    }
    Ok(world)
}
