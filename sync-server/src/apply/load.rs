//! The world that commands look at, with row locks taken in key order.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::{Read, TableName, World};

use crate::db::rows::{self, Stretch};
use crate::seal::Sealer;

/// Loads what reads select; record numbers are the caller's to draw. Rows are locked table by table, each table in the order
/// of its ids, so that two transactions over the same rows wait for each other and do not deadlock.
pub(super) async fn world(
    connection: &mut PgConnection,
    sealer: &Sealer,
    reads: &[Read],
) -> Result<World, sqlx::Error> {
    let mut wanted: BTreeMap<TableName, BTreeSet<Uuid>> = BTreeMap::new();
    let mut patients: BTreeMap<TableName, BTreeSet<Uuid>> = BTreeMap::new();
    let mut book: BTreeSet<Stretch> = BTreeSet::new();
    for read in reads {
        match *read {
            Read::Row(table, id) => {
                wanted.entry(table).or_default().insert(id);
            }
            Read::OfPatient(table, patient) => {
                patients.entry(table).or_default().insert(patient.0);
            }
            Read::Book { practitioner, from, to } => {
                book.insert(Stretch { practitioner, from, to });
            }
            Read::NextRecordNumber => {}
        }
    }
    for (table, patients) in patients {
        let patients: Vec<Uuid> = patients.into_iter().collect();
        let ids = rows::ids_of_patients(connection, sealer.clinic(), table, &patients).await?;
        wanted.entry(table).or_default().extend(ids);
    }
    let mut world = World::default();
    for (table, ids) in wanted {
        if ids.is_empty() {
            continue;
        }
        let ids: Vec<Uuid> = ids.into_iter().collect();
        for row in rows::load(connection, sealer, table, &ids).await? {
            world.insert(table, row);
        }
    }
    if !book.is_empty() {
        // After the locks: what others booked while we waited for them is seen.
        let book: Vec<Stretch> = book.into_iter().collect();
        for row in rows::book(connection, sealer, &book).await? {
            if world.row(TableName::Appointment, row.id).is_none() {
                world.insert(TableName::Appointment, row);
            }
        }
    }
    Ok(world)
}
