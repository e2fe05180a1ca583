//! Pending effects over new rows of the server: undo what is touched, apply, run the rest again in order.
//!
//! What must hold afterwards: the tables are as if every command in effect had been run in the order of its number over
//! the server's rows. Only commands that can tell the difference are run again: those that looked at or changed a row
//! that moved, and, in turn, those that looked at or changed what these had changed. So the cost grows with what was
//! touched, never with the size of the file.

use std::collections::BTreeSet;

use rusqlite::Connection;
use uuid::Uuid;
use wattle_domain::{GroupId, Row, TableName};

use crate::effect;
use crate::error::Error;
use crate::tables::pending::{self, Span};
use crate::tables::{mirror_image, outbox, synced};
use crate::txn::Txn;

/// A row of the server: its present state, or gone.
pub(crate) struct Incoming {
    pub table: TableName,
    pub id: Uuid,
    pub row: Option<Row>,
}

/// Brings rows of the server under the pending effects. `settled` are commands whose effect is to go for good; they must
/// be out of effect in the outbox when `settle` returns, which is called when everything touched is undone.
pub(crate) fn rebase(
    txn: &mut Txn<'_>,
    incoming: &[Incoming],
    settled: &BTreeSet<i64>,
    settle: impl FnOnce(&mut Txn<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    if !outbox::any_in_effect(txn.connection())? {
        apply(txn, incoming)?;
        return settle(txn);
    }
    let mut touched = settled.clone();
    for change in incoming {
        touched.extend(touched_by(txn.connection(), change)?);
    }
    close(txn.connection(), &mut touched)?;
    undo(txn, &touched)?;
    apply(txn, incoming)?;
    settle(txn)?;
    run_again(txn, touched)
}

/// Undoes every pending effect: the tables are the server's rows. To be followed by [`run_all`].
pub(crate) fn undo_all(txn: &mut Txn<'_>) -> Result<(), Error> {
    let all = outbox::in_effect(txn.connection())?.into_iter().collect();
    undo(txn, &all)
}

/// Runs every command in effect over the server's rows.
pub(crate) fn run_all(txn: &mut Txn<'_>) -> Result<(), Error> {
    let all = outbox::in_effect(txn.connection())?;
    run_in_order(txn, all)
}

/// Commands that a row of the server concerns at once.
fn touched_by(connection: &Connection, change: &Incoming) -> Result<BTreeSet<i64>, Error> {
    let Incoming { table, id, row } = change;
    let mut touched = BTreeSet::new();
    for wrote in [false, true] {
        touched.extend(pending::at_row(connection, *table, *id, wrote)?);
    }
    let image = mirror_image::get(connection, *table, *id)?;
    let before = match image {
        Some(image) => image,
        None => synced::before(connection, *table, *id)?,
    };
    let spans: BTreeSet<Span> =
        before.iter().chain(row.iter()).flat_map(|row| pending::spans_of_row(*table, row)).collect();
    for span in &spans {
        touched.extend(pending::at_span(connection, span, false)?);
    }
    Ok(touched)
}

/// Adds every command that can tell that one of these is undone and run again.
fn close(connection: &Connection, touched: &mut BTreeSet<i64>) -> Result<(), Error> {
    let mut todo: Vec<i64> = touched.iter().copied().collect();
    while let Some(n) = todo.pop() {
        let mut found = BTreeSet::new();
        for (table, id) in pending::rows_of(connection, n, true)? {
            // Whoever changed the row too is undone with it, before or after; who looked at it, only when later.
            found.extend(pending::at_row(connection, table, id, true)?);
            found.extend(later(n, pending::at_row(connection, table, id, false)?));
        }
        for span in pending::spans_of(connection, n, true)? {
            found.extend(later(n, pending::at_span(connection, &span, false)?));
        }
        // It must not see what later ones did to the rows that it looks at.
        for (table, id) in pending::rows_of(connection, n, false)? {
            found.extend(later(n, pending::at_row(connection, table, id, true)?));
        }
        for span in pending::spans_of(connection, n, false)? {
            found.extend(later(n, pending::at_span(connection, &span, true)?));
        }
        found.extend(outbox::group::around(connection, n)?);
        todo.extend(found.into_iter().filter(|&m| touched.insert(m)));
    }
    Ok(())
}

fn later(n: i64, found: Vec<i64>) -> impl Iterator<Item = i64> {
    found.into_iter().filter(move |&m| m > n)
}

/// Puts the server's rows back where these commands had changed them, and forgets their footprints.
fn undo(txn: &mut Txn<'_>, commands: &BTreeSet<i64>) -> Result<(), Error> {
    let mut rows = BTreeSet::new();
    for &n in commands {
        rows.extend(pending::rows_of(txn.connection(), n, true)?);
        pending::forget(txn.connection(), n)?;
    }
    for (table, id) in rows {
        let Some(image) = mirror_image::get(txn.connection(), table, id)? else { continue };
        let before = synced::before(txn.connection(), table, id)?;
        match image {
            Some(row) => txn.put(table, &row, before.as_ref())?,
            None => txn.delete(table, id, before.as_ref())?,
        }
        mirror_image::forget(txn.connection(), table, id)?;
    }
    Ok(())
}

fn apply(txn: &mut Txn<'_>, incoming: &[Incoming]) -> Result<(), Error> {
    for Incoming { table, id, row } in incoming {
        let before = synced::before(txn.connection(), *table, *id)?;
        match row {
            Some(row) => txn.put(*table, row, before.as_ref())?,
            None => txn.delete(*table, *id, before.as_ref())?,
        }
    }
    Ok(())
}

/// Runs these again in order. One that now changes something that a later command looked at draws that one in, and then
/// all are undone and run once more; the set only grows, so this ends.
fn run_again(txn: &mut Txn<'_>, mut touched: BTreeSet<i64>) -> Result<(), Error> {
    loop {
        run_in_order(txn, touched.iter().copied())?;
        let known = touched.len();
        let mut drawn = BTreeSet::new();
        for &n in &touched {
            for (table, id) in pending::rows_of(txn.connection(), n, true)? {
                drawn.extend(later(n, pending::at_row(txn.connection(), table, id, true)?));
                drawn.extend(later(n, pending::at_row(txn.connection(), table, id, false)?));
            }
            for span in pending::spans_of(txn.connection(), n, true)? {
                drawn.extend(later(n, pending::at_span(txn.connection(), &span, false)?));
            }
        }
        touched.extend(drawn);
        if touched.len() == known {
            return Ok(());
        }
        close(txn.connection(), &mut touched)?;
        undo(txn, &touched)?;
    }
}

/// Runs those of these commands that are still in effect; of a group all or none, so none of it may be missing here.
fn run_in_order(txn: &mut Txn<'_>, numbers: impl IntoIterator<Item = i64>) -> Result<(), Error> {
    let mut last_group = None;
    for n in numbers {
        let Some((envelope, roles)) = outbox::load(txn.connection(), n)? else { continue };
        match envelope.group {
            // A rule's no leaves it without effect until the server has spoken.
            None => drop(effect::run(txn, &envelope, &roles)?),
            // It ran with the first of its group.
            Some(group) if last_group == Some(group.id) => {}
            Some(group) => {
                last_group = Some(group.id);
                run_group(txn, group.id)?;
            }
        }
    }
    Ok(())
}

/// One command that has no effect here leaves its group without any. What they looked at is remembered all the same: when
/// that changes, they get another try.
fn run_group(txn: &mut Txn<'_>, group: GroupId) -> Result<(), Error> {
    let numbers = outbox::group::in_effect(txn.connection(), group)?;
    txn.connection().execute_batch("SAVEPOINT command_group")?;
    let mut stands = true;
    let mut looked = Vec::new();
    for n in numbers {
        let Some((envelope, roles)) = outbox::load(txn.connection(), n)? else { continue };
        stands = stands && effect::run(txn, &envelope, &roles)?.is_ok();
        looked.push((n, envelope.command.reads()));
    }
    if !stands {
        txn.connection().execute_batch("ROLLBACK TO command_group")?;
        for (n, reads) in &looked {
            pending::looked(txn.connection(), *n, reads)?;
        }
    }
    txn.connection().execute_batch("RELEASE command_group")?;
    Ok(())
}

#[cfg(test)]
mod tests;
