//! Commands without an end, and those whose end is in the server's rows.

pub(crate) mod batch;
pub(crate) mod carry;
pub(crate) mod group;
pub(crate) mod lines;

use rusqlite::{Connection, OptionalExtension};
use wattle_domain::{CommandId, Envelope, Role, UserId, UtcInstant};
use wattle_protocol::push::{Signed, Verdict};

use crate::error::Error;

/// Where a command stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// For a final verdict.
    Waiting,
    /// Has one that no pull has covered.
    Answered,
    /// A rule of the server said no, or it is in quarantine there.
    Rejected,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Answered => "answered",
            Self::Rejected => "rejected",
        }
    }

    fn of(word: &str) -> Result<Self, Error> {
        [Self::Waiting, Self::Answered, Self::Rejected]
            .into_iter()
            .find(|s| s.as_str() == word)
            .ok_or_else(|| Error::BadRow { what: "outbox state".into() })
    }
}

/// A command to be appended.
pub(crate) struct New<'a> {
    pub envelope: &'a Envelope,
    pub signed: &'a Signed,
    pub roles: &'a [Role],
}

/// Appends a command.
pub(crate) fn append(connection: &Connection, new: &New<'_>) -> Result<(), Error> {
    let sql = "INSERT INTO outbox (command_id, n, name, payload, signature, author, roles, issued_at, group_id, state)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting')";
    connection.prepare_cached(sql)?.execute(rusqlite::params![
        new.envelope.id.to_string(),
        i64::try_from(new.envelope.n).unwrap_or(i64::MAX),
        new.envelope.command.name(),
        new.signed.payload,
        new.signed.signature,
        new.envelope.author.to_string(),
        serde_json::to_string(new.roles).unwrap_or_default(),
        new.envelope.issued_at.0,
        new.envelope.group.map(|group| group.id.to_string()),
    ])?;
    Ok(())
}

/// Keeps a command for *Needs attention* without its ever being in effect here.
pub(crate) fn append_rejected(
    connection: &Connection,
    new: &New<'_>,
    verdict: Option<&Verdict>,
) -> Result<(), Error> {
    let sql = "INSERT INTO outbox (command_id, n, name, payload, signature, author, roles, issued_at, group_id, state,
                                   verdict)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'rejected', ?)";
    let verdict = verdict.map(serde_json::to_string).transpose().map_err(|_| bad(new.envelope.id))?;
    connection.prepare_cached(sql)?.execute(rusqlite::params![
        new.envelope.id.to_string(),
        i64::try_from(new.envelope.n).unwrap_or(i64::MAX),
        new.envelope.command.name(),
        new.signed.payload,
        new.signed.signature,
        new.envelope.author.to_string(),
        serde_json::to_string(new.roles).unwrap_or_default(),
        new.envelope.issued_at.0,
        new.envelope.group.map(|group| group.id.to_string()),
        verdict,
    ])?;
    Ok(())
}

/// Whether any command is in effect over the server's rows.
pub(crate) fn any_in_effect(connection: &Connection) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM outbox WHERE state IN ('waiting', 'answered'))";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Numbers of all commands in effect.
pub(crate) fn in_effect(connection: &Connection) -> Result<Vec<i64>, Error> {
    let sql = "SELECT n FROM outbox WHERE state IN ('waiting', 'answered') ORDER BY n";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A command in effect, ready to be decided again.
pub(crate) fn load(connection: &Connection, n: i64) -> Result<Option<(Envelope, Vec<Role>)>, Error> {
    let sql = "SELECT payload, roles FROM outbox WHERE n = ? AND state IN ('waiting', 'answered')";
    let mut statement = connection.prepare_cached(sql)?;
    let found: Option<(String, String)> =
        statement.query_row([n], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let bad = |_| Error::BadRow { what: format!("command {n}") };
    found
        .map(|(payload, roles)| {
            Ok((serde_json::from_str(&payload).map_err(bad)?, serde_json::from_str(&roles).map_err(bad)?))
        })
        .transpose()
}

/// Number and state of a command that is here.
pub(crate) fn find(connection: &Connection, id: CommandId) -> Result<Option<(i64, State)>, Error> {
    let mut statement = connection.prepare_cached("SELECT n, state FROM outbox WHERE command_id = ?")?;
    let found: Option<(i64, String)> =
        statement.query_row([id.to_string()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    found.map(|(n, state)| Ok((n, State::of(&state)?))).transpose()
}

/// Id and state of the command in effect with a number.
pub(crate) fn by_number(connection: &Connection, n: i64) -> Result<Option<(CommandId, State)>, Error> {
    let sql = "SELECT command_id, state FROM outbox WHERE n = ? AND state <> 'rejected'";
    let mut statement = connection.prepare_cached(sql)?;
    let found: Option<(String, String)> =
        statement.query_row([n], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    found.map(|(id, state)| Ok((command_id(&id)?, State::of(&state)?))).transpose()
}

/// Writes down a verdict.
pub(crate) fn set_state(
    connection: &Connection,
    id: CommandId,
    state: State,
    verdict: &Verdict,
    at: UtcInstant,
) -> Result<(), Error> {
    let verdict = serde_json::to_string(verdict).map_err(|_| bad(id))?;
    let sql = "UPDATE outbox SET state = ?, verdict = ?, answered_at = ? WHERE command_id = ?";
    connection.prepare_cached(sql)?.execute(rusqlite::params![
        state.as_str(),
        verdict,
        at.0,
        id.to_string()
    ])?;
    Ok(())
}

/// Moves a command whose effect is in the server's rows out of the outbox.
pub(crate) fn acknowledge(connection: &Connection, id: CommandId, at: UtcInstant) -> Result<(), Error> {
    let copy = "INSERT INTO acknowledged (command_id, n, name, payload, signature, author, roles, issued_at, verdict,
                    group_id, acknowledged_at)
                SELECT command_id, n, name, payload, signature, author, roles, issued_at, verdict, group_id, ?2
                FROM outbox WHERE command_id = ?1
                ON CONFLICT (command_id) DO UPDATE SET acknowledged_at = excluded.acknowledged_at";
    connection.prepare_cached(copy)?.execute(rusqlite::params![id.to_string(), at.0])?;
    connection.prepare_cached("DELETE FROM outbox WHERE command_id = ?")?.execute([id.to_string()])?;
    Ok(())
}

/// Whether a command's effect was in the server's rows, and it is still kept to be offered again.
pub(crate) fn is_acknowledged(connection: &Connection, id: CommandId) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM acknowledged WHERE command_id = ?)";
    Ok(connection.prepare_cached(sql)?.query_row([id.to_string()], |row| row.get(0))?)
}

/// Forgets acknowledged commands older than an instant, but for the last so many: a clock that is set forward by weeks must
/// not forget what was acknowledged a minute ago.
pub(crate) fn prune_acknowledged(
    connection: &Connection,
    before: UtcInstant,
    but_for: i64,
) -> Result<(), Error> {
    let sql = "DELETE FROM acknowledged WHERE acknowledged_at < ?1
               AND rowid <= (SELECT max(rowid) FROM acknowledged) - ?2";
    connection.prepare_cached(sql)?.execute([before.0, but_for])?;
    Ok(())
}

/// Puts every acknowledged command, and every answered one, back to wait: the server may have lost them, and what others
/// were deferred on.
pub(crate) fn offer_again(connection: &Connection) -> Result<(), Error> {
    connection.execute_batch(
        "INSERT INTO outbox (command_id, n, name, payload, signature, author, roles, issued_at, group_id, state)
         SELECT command_id, n, name, payload, signature, author, roles, issued_at, group_id, 'waiting'
         FROM acknowledged WHERE true
         ON CONFLICT DO NOTHING;
         DELETE FROM acknowledged WHERE command_id IN (SELECT command_id FROM outbox);
         UPDATE outbox SET state = 'waiting', verdict = NULL, answered_at = NULL WHERE state <> 'rejected';",
    )?;
    Ok(())
}

/// Puts an answered command back to wait: the server does not know it any more. Says whether it was answered.
pub(crate) fn offer_one_again(connection: &Connection, id: CommandId) -> Result<bool, Error> {
    let sql = "UPDATE outbox SET state = 'waiting', verdict = NULL, answered_at = NULL
               WHERE command_id = ? AND state = 'answered'";
    Ok(connection.prepare_cached(sql)?.execute([id.to_string()])? > 0)
}

/// Commands that wait for a pull to cover their answer.
pub(crate) fn awaiting(connection: &Connection) -> Result<Vec<CommandId>, Error> {
    let mut statement =
        connection.prepare_cached("SELECT command_id FROM outbox WHERE state = 'answered' ORDER BY n")?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    rows.map(|id| command_id(&id?)).collect()
}

/// How many wait for a verdict, and when the oldest was made.
pub(crate) fn waiting(connection: &Connection) -> Result<(u64, Option<UtcInstant>), Error> {
    let sql = "SELECT count(*), min(issued_at) FROM outbox WHERE state = 'waiting'";
    let (count, oldest): (i64, Option<i64>) =
        connection.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((u64::try_from(count).unwrap_or(0), oldest.map(UtcInstant)))
}

/// How many rejected ones nobody has dealt with.
pub(crate) fn rejected_count(connection: &Connection) -> Result<u64, Error> {
    let sql = "SELECT count(*) FROM outbox WHERE state = 'rejected' AND set_aside_at IS NULL";
    let count: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// A rejected command as *Needs attention* shows it.
pub(crate) struct Rejected {
    pub envelope: Envelope,
    pub verdict: Option<Verdict>,
    /// Who has dealt with it (`None` in a file of an older app), and when.
    pub aside: Option<(Option<UserId>, UtcInstant)>,
}

/// The rejected ones that nobody has dealt with, and those that were set aside after an instant; latest first.
pub(crate) fn rejected(connection: &Connection, aside_since: UtcInstant) -> Result<Vec<Rejected>, Error> {
    let sql = "SELECT command_id, payload, verdict, set_aside_by, set_aside_at FROM outbox
               WHERE state = 'rejected' AND (set_aside_at IS NULL OR set_aside_at > ?) ORDER BY issued_at DESC";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([aside_since.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let id = command_id(&row.get::<_, String>(0)?)?;
        let (payload, verdict): (String, Option<String>) = (row.get(1)?, row.get(2)?);
        let (by, at): (Option<String>, Option<i64>) = (row.get(3)?, row.get(4)?);
        found.push(Rejected {
            envelope: serde_json::from_str(&payload).map_err(|_| bad(id))?,
            verdict: verdict.map(|v| serde_json::from_str(&v)).transpose().map_err(|_| bad(id))?,
            aside: at.map(|at| (by.and_then(|by| by.parse().ok()), UtcInstant(at))),
        });
    }
    Ok(found)
}

/// Somebody has dealt with a rejected command, which is kept; or it is put back.
pub(crate) fn set_aside(
    connection: &Connection,
    id: CommandId,
    by: Option<(UserId, UtcInstant)>,
) -> Result<bool, Error> {
    let sql =
        "UPDATE outbox SET set_aside_by = ?, set_aside_at = ? WHERE command_id = ? AND state = 'rejected'";
    let (by, at) = by.unzip();
    let by = by.map(|by| by.to_string());
    Ok(connection.prepare_cached(sql)?.execute(rusqlite::params![by, at.map(|at| at.0), id.to_string()])? > 0)
}

fn command_id(text: &str) -> Result<CommandId, Error> {
    text.parse().map_err(|_| Error::BadRow { what: "command id".into() })
}

fn bad(id: CommandId) -> Error {
    Error::BadRow { what: format!("command {id}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_acknowledged_commands_are_forgotten_but_never_the_last_ones() {
        let connection = Connection::open_in_memory().unwrap();
        let table = "CREATE TABLE acknowledged (command_id TEXT PRIMARY KEY NOT NULL, acknowledged_at INTEGER NOT NULL)";
        connection.execute_batch(table).unwrap();
        for n in 1..=6 {
            // The clock went back once.
            let at = if n == 3 { 1 } else { n * 10 };
            connection
                .execute("INSERT INTO acknowledged VALUES (?, ?)", [n.to_string(), at.to_string()])
                .unwrap();
        }
        let left = || -> String {
            let sql = "SELECT group_concat(command_id, ' ') FROM acknowledged";
            connection.query_row(sql, [], |row| row.get(0)).unwrap()
        };
        prune_acknowledged(&connection, UtcInstant(15), 4).unwrap();
        assert_eq!(left(), "2 3 4 5 6", "1 is old; 3 is among the last four, whatever its time");
        prune_acknowledged(&connection, UtcInstant(1_000), 2).unwrap();
        assert_eq!(left(), "5 6");
    }
}
