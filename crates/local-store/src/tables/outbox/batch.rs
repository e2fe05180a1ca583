//! The next commands to push.

use std::collections::BTreeSet;

use rusqlite::{Connection, Row};
use wattle_domain::CommandId;
use wattle_protocol::push::{Signed, Verdict};

use super::{State, bad, command_id, find};
use crate::error::Error;

/// A command that may be pushed.
struct Waiting {
    signed: Signed,
    id: CommandId,
    group: Option<String>,
    deferred_on: Option<CommandId>,
}

/// Commands to push, in order, up to a count and a size; always at least one if there is one. A group is never cut. A
/// command that was deferred on one that itself waits, and is not in this batch, is left out with its group: pushed now it
/// would only be deferred again, and a few hundred such would hold up the rest. For the same reason deferred ones that do go
/// take at most half of the places.
pub(crate) fn batch(connection: &Connection, count: usize, size_bytes: usize) -> Result<Vec<Signed>, Error> {
    let sql = "SELECT payload, signature, command_id, group_id, verdict FROM outbox WHERE state = 'waiting' ORDER BY n";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut next = rows.next()?.map(read).transpose()?;
    let (mut batch, mut bytes, mut taken, mut deferred) = (Vec::new(), 0, BTreeSet::new(), 0);
    while let Some(first) = next.take() {
        let mut unit = vec![first];
        while let Some(row) = rows.next()? {
            let row = read(row)?;
            if row.group.is_some() && unit.first().is_some_and(|first| first.group == row.group) {
                unit.push(row);
            } else {
                next = Some(row);
                break;
            }
        }
        let is_deferred = unit.iter().any(|waiting| waiting.deferred_on.is_some());
        let many_deferred = deferred > 0 && deferred + unit.len() > count / 2;
        if is_deferred && (many_deferred || is_held_up(connection, &unit, &taken)?) {
            continue;
        }
        bytes += unit.iter().map(|w| w.signed.payload.len() + w.signed.signature.len()).sum::<usize>();
        if !batch.is_empty() && (bytes > size_bytes || batch.len() + unit.len() > count) {
            break;
        }
        deferred += if is_deferred { unit.len() } else { 0 };
        for Waiting { signed, id, .. } in unit {
            batch.push(signed);
            taken.insert(id);
        }
        if batch.len() >= count {
            break;
        }
    }
    Ok(batch)
}

/// What has no verdict, after a number; and the number of the last.
pub(crate) fn unsent(connection: &Connection, after: i64, most: usize) -> Result<(Vec<Signed>, i64), Error> {
    let sql = "SELECT n, payload, signature FROM outbox WHERE state = 'waiting' AND n > ? ORDER BY n LIMIT ?";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(rusqlite::params![after, i64::try_from(most).unwrap_or(i64::MAX)])?;
    let (mut found, mut last) = (Vec::new(), after);
    while let Some(row) = rows.next()? {
        last = row.get(0)?;
        found.push(Signed { payload: row.get(1)?, signature: row.get(2)? });
    }
    Ok((found, last))
}

fn read(row: &Row<'_>) -> Result<Waiting, Error> {
    let id = command_id(&row.get::<_, String>(2)?)?;
    let verdict: Option<String> = row.get(4)?;
    let verdict = verdict.map(|v| serde_json::from_str(&v)).transpose().map_err(|_| bad(id))?;
    let deferred_on = match verdict {
        Some(Verdict::Deferred { on }) => Some(on),
        _ => None,
    };
    let signed = Signed { payload: row.get(0)?, signature: row.get(1)? };
    Ok(Waiting { signed, id, group: row.get(3)?, deferred_on })
}

fn is_held_up(connection: &Connection, unit: &[Waiting], taken: &BTreeSet<CommandId>) -> Result<bool, Error> {
    for on in unit.iter().filter_map(|w| w.deferred_on) {
        let here = taken.contains(&on) || unit.iter().any(|w| w.id == on);
        if !here && matches!(find(connection, on)?, Some((_, State::Waiting))) {
            return Ok(true);
        }
    }
    Ok(false)
}
