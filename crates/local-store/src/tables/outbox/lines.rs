//! The outbox as support sees it: ids, names of verbs, times and codes, never what a command says.

use rusqlite::Connection;
use wattle_domain::{GroupId, UtcInstant};
use wattle_protocol::ipc::sync::{OUTBOX_LINES, OutboxCounts, OutboxLine, Standing};
use wattle_protocol::push::Verdict;

use super::{State, bad, command_id};
use crate::error::Error;

/// Commands without an end and those that nobody has dealt with, oldest first.
pub(crate) fn lines(connection: &Connection) -> Result<Vec<OutboxLine>, Error> {
    let sql = "SELECT command_id, n, name, issued_at, state, verdict, group_id FROM outbox
               WHERE set_aside_at IS NULL ORDER BY issued_at, n LIMIT ?";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([OUTBOX_LINES])?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        let id = command_id(&row.get::<_, String>(0)?)?;
        let verdict: Option<String> = row.get(5)?;
        let verdict =
            verdict.map(|v| serde_json::from_str::<Verdict>(&v)).transpose().map_err(|_| bad(id))?;
        let group: Option<String> = row.get(6)?;
        lines.push(OutboxLine {
            command_id: id,
            n: row.get::<_, i64>(1)?.unsigned_abs(),
            name: row.get(2)?,
            issued_at: UtcInstant(row.get(3)?),
            standing: standing(State::of(&row.get::<_, String>(4)?)?, verdict.as_ref()),
            deferred_on: match &verdict {
                Some(Verdict::Deferred { on }) => Some(*on),
                _ => None,
            },
            code: match &verdict {
                Some(Verdict::Rejected { rejection }) => Some(rejection.code),
                _ => None,
            },
            group: group.and_then(|group| group.parse().ok()).map(GroupId),
        });
    }
    Ok(lines)
}

fn standing(state: State, verdict: Option<&Verdict>) -> Standing {
    match (state, verdict) {
        (State::Waiting, Some(Verdict::Deferred { .. })) => Standing::Deferred,
        (State::Waiting, _) => Standing::Waiting,
        (State::Answered, _) => Standing::Answered,
        (State::Rejected, Some(Verdict::Quarantined)) => Standing::Quarantined,
        (State::Rejected, _) => Standing::Rejected,
    }
}

/// How many stand where.
pub(crate) fn counts(connection: &Connection) -> Result<OutboxCounts, Error> {
    let sql = "SELECT
        count(*) FILTER (WHERE state = 'waiting'),
        count(*) FILTER (WHERE state = 'waiting' AND verdict ->> 'verdict' = 'deferred'),
        count(*) FILTER (WHERE state = 'answered'),
        count(*) FILTER (WHERE state = 'rejected' AND set_aside_at IS NULL AND verdict ->> 'verdict' IS NOT 'quarantined'),
        count(*) FILTER (WHERE state = 'rejected' AND set_aside_at IS NULL AND verdict ->> 'verdict' = 'quarantined'),
        count(*) FILTER (WHERE set_aside_at IS NOT NULL),
        (SELECT count(*) FROM acknowledged)
        FROM outbox";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| {
        let count = |at: usize| row.get::<_, i64>(at).map(i64::unsigned_abs);
        Ok(OutboxCounts {
            waiting: count(0)?,
            deferred: count(1)?,
            answered: count(2)?,
            rejected: count(3)?,
            quarantined: count(4)?,
            set_aside: count(5)?,
            acknowledged: count(6)?,
        })
    })?)
}
