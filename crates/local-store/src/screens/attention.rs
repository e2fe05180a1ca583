//! *Needs attention*.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;
use uuid::Uuid;
use wattle_domain::entities::Conflict;
use wattle_domain::fields::ConflictStatus;
use wattle_domain::{Command, CommandId, PatientId, TableName, UserId, UtcInstant};
use wattle_protocol::ipc::attention::{AttentionItem, ConflictItem, RejectedItem, Side};
use wattle_protocol::push::Verdict;

use super::{card, clinic};
use crate::error::Error;
use crate::store::Store;
use crate::tables::{outbox, pending, synced};

impl Store {
    /// What somebody must look at, latest first. A conflict that was resolved here stays until the server has the choice.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn attention(&self, viewer: UserId) -> Result<Vec<AttentionItem>, Error> {
        self.read(|connection| {
            let names = clinic::user_names(connection)?;
            let mut items: Vec<(UtcInstant, AttentionItem)> = Vec::new();
            let condition = "WHERE deleted_at IS NULL AND (status = 'open' OR id IN
                (SELECT w.id FROM pending_row w WHERE w.tbl = 'conflict' AND w.wrote = 1))";
            for row in synced::select(connection, TableName::Conflict, condition, [])? {
                let conflict: Conflict = row.read().map_err(clinic::bad)?;
                // A table of a newer version cannot be shown; it waits for the app that can.
                if let Ok(table) = conflict.table_name.parse() {
                    let at = conflict.kept_at;
                    items.push((
                        at,
                        AttentionItem::Conflict(self::conflict(connection, conflict, table, viewer, &names)?),
                    ));
                }
            }
            for rejected in outbox::rejected(connection)? {
                let at = rejected.envelope.issued_at;
                items.push((at, AttentionItem::Rejected(self::rejected(connection, rejected, &names)?)));
            }
            items.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
            Ok(items.into_iter().map(|(_, item)| item).collect())
        })
    }

    /// Somebody has dealt with a rejected command. It leaves the list and is kept.
    ///
    /// # Errors
    /// When it could not be saved; then nothing has changed.
    pub fn set_aside(&self, command: CommandId) -> Result<bool, Error> {
        let (done, _) = self.write(move |txn| {
            let now = txn.now();
            txn.tell();
            outbox::set_aside(txn.connection(), command, now)
        })?;
        Ok(done)
    }
}

fn conflict(
    connection: &Connection,
    conflict: Conflict,
    table: TableName,
    viewer: UserId,
    names: &BTreeMap<UserId, String>,
) -> Result<ConflictItem, Error> {
    let side = |value: Value, by: Option<UserId>, at: Option<UtcInstant>| Side {
        value,
        by: by.and_then(|u| names.get(&u).cloned()),
        mine: by == Some(viewer),
        at,
    };
    let row = synced::get(connection, table, conflict.row_id)?;
    // "As it is now", also when somebody has typed a third value since.
    let current = row.as_ref().map_or(conflict.kept_value, |row| row.field(&conflict.field).clone());
    let pending = conflict.status == ConflictStatus::Resolved
        && !pending::at_row(connection, TableName::Conflict, conflict.id.0, true)?.is_empty();
    Ok(ConflictItem {
        id: conflict.id,
        table,
        row_id: conflict.row_id,
        row_kind: row.and_then(|row| row.field("kind").as_str().map(str::to_owned)),
        patient_name: conflict.patient_id.map(|p| patient_name(connection, p)).transpose()?.flatten(),
        patient_id: conflict.patient_id,
        kept: side(current, conflict.kept_by, Some(conflict.kept_at)),
        other: side(conflict.other_value, conflict.other_by, conflict.other_at),
        field: conflict.field,
        pending,
    })
}

fn rejected(
    connection: &Connection,
    rejected: outbox::Rejected,
    names: &BTreeMap<UserId, String>,
) -> Result<RejectedItem, Error> {
    let outbox::Rejected { envelope, verdict } = rejected;
    let patient_id = about(connection, &envelope.command)?;
    let args = serde_json::to_value(&envelope.command)
        .ok()
        .and_then(|mut command| command.get_mut("args").map(Value::take))
        .unwrap_or_default();
    Ok(RejectedItem {
        command_id: envelope.id,
        name: envelope.command.name().to_owned(),
        args,
        issued_at: envelope.issued_at,
        by: names.get(&envelope.author).cloned(),
        patient_name: patient_id.map(|p| patient_name(connection, p)).transpose()?.flatten(),
        patient_id,
        rejection: match verdict {
            Some(Verdict::Rejected { rejection }) => Some(rejection),
            _ => None,
        },
    })
}

/// The patient that a command is about, as far as the local rows tell.
fn about(connection: &Connection, command: &Command) -> Result<Option<PatientId>, Error> {
    let world = crate::world::load(connection, &command.reads())?;
    Ok(command.patient(&world))
}

fn patient_name(connection: &Connection, patient: PatientId) -> Result<Option<String>, Error> {
    let sql = "SELECT family_name, given_name FROM patient_card WHERE patient_id = ?";
    let name = connection
        .prepare_cached(sql)?
        .query_row([Uuid::from(patient).to_string()], |row| {
            let (family, given): (String, Option<String>) = (row.get(0)?, row.get(1)?);
            Ok(card::name(Some(&family), given.as_deref(), None))
        })
        .optional()?;
    Ok(name)
}
