//! Two values of one field, with who, when and where.

use rusqlite::Connection;
use serde_json::Value;
use wattle_domain::attention::{FieldChange, conflicts_of};
use wattle_domain::entities::Conflict;
use wattle_domain::fields::ConflictStatus;
use wattle_domain::restriction::Door;
use wattle_domain::{TableName, UserId, UtcInstant, WorkstationId};
use wattle_protocol::ipc::attention::{ConflictItem, Side};

use super::{Viewer, clinic, rejected, restricted};
use crate::error::Error;
use crate::tables::{pending, synced};

/// The open ones, and those resolved here that the server has not heard of.
pub(super) fn items(connection: &Connection, viewer: &Viewer<'_>) -> Result<Vec<ConflictItem>, Error> {
    let condition = "WHERE deleted_at IS NULL AND (status = 'open' OR id IN
        (SELECT w.id FROM pending_row w WHERE w.tbl = ? AND w.wrote = 1))";
    let mut items = Vec::new();
    // A file without the clinical feed has no row of the second.
    for conflicts in [TableName::Conflict, TableName::RecordConflict] {
        for row in synced::select(connection, conflicts, condition, [conflicts.as_str()])? {
            let conflict: Conflict = row.read().map_err(clinic::bad)?;
            // A table of a newer version cannot be shown; it waits for the app that can.
            if let Ok(table) = conflict.table_name.parse() {
                items.push(item(connection, conflict, table, viewer)?);
            }
        }
    }
    Ok(items)
}

fn item(
    connection: &Connection,
    conflict: Conflict,
    table: TableName,
    viewer: &Viewer<'_>,
) -> Result<ConflictItem, Error> {
    let row = synced::get(connection, table, conflict.row_id)?;
    let pending = conflict.status == ConflictStatus::Resolved
        && !pending::at_row(connection, conflicts_of(table), conflict.id.0, true)?.is_empty();
    let mut kept = side(
        viewer,
        conflict.kept_value,
        conflict.kept_by,
        Some(conflict.kept_at),
        conflict.kept_workstation,
    );
    let mut moved_on = false;
    // Somebody has typed a third value since: that one is in the record, and theirs is the name beside it.
    if let Some(row) = &row
        && row.field(&conflict.field) != &kept.value
        && !pending
    {
        let current = row.field(&conflict.field).clone();
        moved_on = current != conflict.other_value;
        let last = FieldChange::last(row, &conflict.field);
        kept = side(
            viewer,
            current,
            last.map(|l| l.by).or(row.attribution.updated_by),
            last.map(|l| l.at).or(Some(row.attribution.updated_at)),
            last.map(|l| l.workstation).or(row.attribution.origin_workstation),
        );
    }
    let shut = match conflict.patient_id {
        Some(patient) => restricted::door(connection, patient, viewer.user, viewer.now)? == Door::Shut,
        None => false,
    };
    let mut other =
        side(viewer, conflict.other_value, conflict.other_by, conflict.other_at, conflict.other_workstation);
    if shut {
        (kept.value, other.value) = (Value::Null, Value::Null);
    }
    Ok(ConflictItem {
        id: conflict.id,
        table,
        row_id: conflict.row_id,
        deleted: row.as_ref().is_some_and(|row| row.attribution.deleted_at.is_some()),
        row_kind: row.and_then(|row| row.field("kind").as_str().map(str::to_owned)),
        patient_name: conflict
            .patient_id
            .map(|p| rejected::patient_name(connection, p))
            .transpose()?
            .flatten(),
        patient_id: conflict.patient_id,
        kept,
        other,
        field: conflict.field,
        moved_on,
        shut,
        pending,
    })
}

fn side(
    viewer: &Viewer<'_>,
    value: Value,
    by: Option<UserId>,
    at: Option<UtcInstant>,
    workstation: Option<WorkstationId>,
) -> Side {
    Side {
        value,
        by: by.and_then(|u| viewer.names.get(&u).cloned()),
        mine: by == Some(viewer.user),
        at,
        workstation,
        // The workstation itself knows its colleagues' names; the file does not.
        workstation_name: None,
        here: workstation == Some(viewer.here),
    }
}
