//! Refused commands on their way from a file that its person has left to the one they work with now.

use rusqlite::Connection;
use wattle_domain::{Role, UserId};
use wattle_protocol::push::{Signed, Verdict};

use super::{New, append_rejected, bad, command_id, find};
use crate::error::Error;

/// A refused command, whole.
pub(crate) struct Carried {
    pub(crate) envelope: wattle_domain::Envelope,
    signed: Signed,
    roles: Vec<Role>,
    verdict: Option<Verdict>,
}

/// The refused commands of one person that nobody has dealt with.
pub(crate) fn refused_of(connection: &Connection, author: UserId) -> Result<Vec<Carried>, Error> {
    let sql = "SELECT command_id, payload, signature, roles, verdict FROM outbox
               WHERE state = 'rejected' AND set_aside_at IS NULL AND author = ? ORDER BY n";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([author.to_string()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let id = command_id(&row.get::<_, String>(0)?)?;
        let (payload, signature): (String, String) = (row.get(1)?, row.get(2)?);
        let verdict: Option<String> = row.get(4)?;
        found.push(Carried {
            envelope: serde_json::from_str(&payload).map_err(|_| bad(id))?,
            signed: Signed { payload, signature },
            roles: serde_json::from_str(&row.get::<_, String>(3)?).map_err(|_| bad(id))?,
            verdict: verdict.map(|v| serde_json::from_str(&v)).transpose().map_err(|_| bad(id))?,
        });
    }
    Ok(found)
}

/// Puts one into this file, unless it is here already.
pub(crate) fn take_in(connection: &Connection, carried: &Carried) -> Result<bool, Error> {
    if find(connection, carried.envelope.id)?.is_some() {
        return Ok(false);
    }
    let new = New { envelope: &carried.envelope, signed: &carried.signed, roles: &carried.roles };
    append_rejected(connection, &new, carried.verdict.as_ref())?;
    Ok(true)
}
