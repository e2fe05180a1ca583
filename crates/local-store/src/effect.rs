//! The effect of one command on the local rows: decided here, applied over the mirror, remembered so that it can be undone.

use wattle_domain::attribution::Attribution;
use wattle_domain::{
    Context, Decision, Envelope, Fields, Place, Rejection, Rev, Role, Row, RowChange, decide,
};

use crate::error::Error;
use crate::tables::{mirror_image, pending, synced};
use crate::txn::Txn;
use crate::world;

/// Runs a command: decides it on the present rows and applies what was decided. A rule's no changes nothing, but what the
/// command looked at is remembered: when that changes, it gets another try.
pub(crate) fn run(
    txn: &mut Txn<'_>,
    envelope: &Envelope,
    roles: &[Role],
) -> Result<Result<Decision, Rejection>, Error> {
    let reads = envelope.command.reads();
    let world = world::load(txn.connection(), &reads)?;
    let context = Context::of(envelope, roles, Place::Workstation);
    let n = number(envelope);
    pending::looked(txn.connection(), n, &reads)?;
    let decided = decide(&envelope.command, &context, &world);
    if let Ok(decision) = &decided {
        for change in &decision.changes {
            apply(txn, n, envelope, change)?;
        }
    }
    Ok(decided)
}

/// The command's number as SQLite has it.
pub(crate) fn number(envelope: &Envelope) -> i64 {
    i64::try_from(envelope.n).unwrap_or(i64::MAX)
}

fn apply(txn: &mut Txn<'_>, n: i64, envelope: &Envelope, change: &RowChange) -> Result<(), Error> {
    let before = synced::get(txn.connection(), change.table, change.id)?;
    let Some(after) = changed_row(envelope, change, before.as_ref()) else {
        // It found the row here, or gone, and left it so: when that changes, it has something to do.
        return pending::looked_at(txn.connection(), n, change.table, change.id);
    };
    mirror_image::keep(txn.connection(), change.table, change.id, before.as_ref())?;
    pending::wrote(txn.connection(), n, change.table, before.as_ref(), &after)?;
    txn.put(change.table, &after, before.as_ref())
}

/// The row after a change; `None` when there is nothing to do: the row to insert is here already (the server has it and
/// its answer was lost on the way), or the row to update is gone.
pub(crate) fn changed_row(envelope: &Envelope, change: &RowChange, before: Option<&Row>) -> Option<Row> {
    match (change.base_rev, before) {
        (None, None) => Some(Row {
            id: change.id,
            rev: Rev(0),
            attribution: Attribution {
                created_at: envelope.issued_at,
                created_by: Some(envelope.author),
                updated_at: envelope.issued_at,
                updated_by: Some(envelope.author),
                origin_workstation: Some(envelope.workstation),
                deleted_at: None,
                deleted_reason: None,
            },
            fields: change.set.clone(),
        }),
        (Some(_), Some(before)) => {
            let mut row = before.clone();
            row.attribution.updated_at = envelope.issued_at;
            row.attribution.updated_by = Some(envelope.author);
            row.attribution.origin_workstation = Some(envelope.workstation);
            overwrite(&mut row.fields, &change.set);
            Some(row)
        }
        (None, Some(_)) | (Some(_), None) => None,
    }
}

fn overwrite(fields: &mut Fields, set: &Fields) {
    for (name, value) in set {
        fields.insert(name.clone(), value.clone());
    }
}
