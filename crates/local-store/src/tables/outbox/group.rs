//! Commands that stand or fall together.

use rusqlite::Connection;
use wattle_domain::GroupId;

use super::State;
use crate::error::Error;

/// Numbers of a group's commands in effect, in order. Empty when one of the group was rejected: then none has an effect.
pub(crate) fn in_effect(connection: &Connection, group: GroupId) -> Result<Vec<i64>, Error> {
    let sql = "SELECT n, state FROM outbox WHERE group_id = ? ORDER BY n";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([group.to_string()], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    let found: Vec<(i64, String)> = rows.collect::<Result<_, _>>()?;
    if found.iter().any(|(_, state)| state == State::Rejected.as_str()) {
        return Ok(Vec::new());
    }
    Ok(found.into_iter().map(|(n, _)| n).collect())
}

/// Numbers of the commands in effect that stand or fall with this one, itself included; none for a command alone.
pub(crate) fn around(connection: &Connection, n: i64) -> Result<Vec<i64>, Error> {
    let sql = "SELECT n FROM outbox WHERE state <> 'rejected' AND group_id =
                   (SELECT group_id FROM outbox WHERE n = ? AND group_id IS NOT NULL)";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([n], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
