//! Who has opened a restricted record, for whoever reads the logs.

use rusqlite::Connection;
use wattle_domain::entities::BrokenGlass;
use wattle_domain::{FeedClass, TableName};
use wattle_protocol::ipc::attention::GlassItem;

use super::{Viewer, clinic, rejected};
use crate::error::Error;
use crate::identity::Identity;
use crate::tables::synced;

/// What nobody has looked at yet.
const UNSEEN: &str = "seen_by IS NULL AND deleted_at IS NULL";

/// Whether this file's people are told: those whose profile has the logs.
pub(crate) fn told(identity: &Identity) -> bool {
    identity.feeds().contains(&FeedClass::Admin)
}

/// How many notices wait.
pub(crate) fn count(connection: &Connection) -> Result<u64, Error> {
    let sql = format!("SELECT count(*) FROM broken_glass WHERE {UNSEEN}");
    let n: i64 = connection.prepare_cached(&sql)?.query_row([], |row| row.get(0))?;
    Ok(u64::try_from(n).unwrap_or(0))
}

/// The notices.
pub(super) fn items(connection: &Connection, viewer: &Viewer<'_>) -> Result<Vec<GlassItem>, Error> {
    let rows = synced::select(connection, TableName::BrokenGlass, &format!("WHERE {UNSEEN}"), [])?;
    rows.into_iter()
        .map(|row| {
            let glass: BrokenGlass = row.read().map_err(clinic::bad)?;
            let by = row.attribution.created_by;
            Ok(GlassItem {
                id: glass.id,
                patient_id: glass.patient_id,
                patient_name: rejected::patient_name(connection, glass.patient_id)?,
                by: by.and_then(|by| viewer.names.get(&by).cloned()),
                mine: by == Some(viewer.user),
                until: glass.until(),
                opened_at: glass.opened_at,
                reason: glass.reason,
            })
        })
        .collect()
}
