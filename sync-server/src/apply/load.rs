//! The world that a command looks at, with row locks taken in key order.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::{ClinicId, Command, Read, TableName, World};

use crate::db::rows;

/// Loads what a command reads. Rows are locked table by table, each table in the order of its ids, so that two commands
/// over the same rows wait for each other and do not deadlock.
pub(super) async fn world(
    connection: &mut PgConnection,
    clinic: ClinicId,
    command: &Command,
) -> Result<World, sqlx::Error> {
    let reads = command.reads();
    let mut wanted: BTreeMap<TableName, BTreeSet<Uuid>> = BTreeMap::new();
    for read in &reads {
        match *read {
            Read::Row(table, id) => {
                wanted.entry(table).or_default().insert(id);
            }
            Read::OfPatient(table, patient) => {
                let ids = rows::ids_of_patient(connection, clinic, table, patient).await?;
                wanted.entry(table).or_default().extend(ids);
            }
            Read::Book { .. } | Read::NextRecordNumber => {}
        }
    }
    let mut world = World::default();
    for (table, ids) in wanted {
        let ids: Vec<Uuid> = ids.into_iter().collect();
        for row in rows::load(connection, clinic, table, &ids).await? {
            world.insert(table, row);
        }
    }
    // After the locks: what others booked while we waited for them is seen.
    for read in reads {
        match read {
            Read::Book { practitioner, from, to } => {
                for row in rows::book(connection, clinic, practitioner, from, to).await? {
                    if world.row(TableName::Appointment, row.id).is_none() {
                        world.insert(TableName::Appointment, row);
                    }
                }
            }
            Read::NextRecordNumber => {
                world.next_record_number = Some(rows::next_record_number(connection).await?);
            }
            Read::Row(..) | Read::OfPatient(..) => {}
        }
    }
    Ok(world)
}
