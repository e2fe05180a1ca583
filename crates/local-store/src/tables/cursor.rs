//! Where the file is in each feed.

use rusqlite::Connection;
use wattle_domain::{FeedClass, FeedSeq};
use wattle_protocol::session::Cursors;

use crate::error::Error;

/// All cursors.
pub(crate) fn all(connection: &Connection) -> Result<Cursors, Error> {
    let mut statement = connection.prepare_cached("SELECT feed, seq FROM cursor")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    let mut cursors = Cursors::new();
    for row in rows {
        let (feed, seq) = row?;
        // A feed of a newer version is no business of this one.
        if let Ok(feed) = feed.parse::<FeedClass>() {
            cursors.insert(feed, FeedSeq(u64::try_from(seq).unwrap_or(0)));
        }
    }
    Ok(cursors)
}

/// Sets one.
pub(crate) fn set(connection: &Connection, feed: FeedClass, seq: FeedSeq) -> Result<(), Error> {
    let sql =
        "INSERT INTO cursor (feed, seq) VALUES (?, ?) ON CONFLICT (feed) DO UPDATE SET seq = excluded.seq";
    let seq = i64::try_from(seq.0).unwrap_or(i64::MAX);
    connection.prepare_cached(sql)?.execute(rusqlite::params![feed.as_str(), seq])?;
    Ok(())
}

/// Rewinds one that is held: the feed is sent whole next time. It stays named until then, so that a server that revokes
/// the feed meanwhile can say that its rows must go.
pub(crate) fn rewind(connection: &Connection, feed: FeedClass) -> Result<(), Error> {
    connection.prepare_cached("UPDATE cursor SET seq = 0 WHERE feed = ?")?.execute([feed.as_str()])?;
    Ok(())
}

/// Forgets one whose rows are gone from the file.
pub(crate) fn forget(connection: &Connection, feed: FeedClass) -> Result<(), Error> {
    connection.prepare_cached("DELETE FROM cursor WHERE feed = ?")?.execute([feed.as_str()])?;
    Ok(())
}
