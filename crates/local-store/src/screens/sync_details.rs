//! The *Sync* page, as far as the file knows it.

use wattle_domain::UtcInstant;
use wattle_protocol::ipc::sync::{DigestState, SyncDetails};

use crate::connection::beside;
use crate::error::Error;
use crate::schema;
use crate::store::Store;
use crate::tables::{meta, outbox};

impl Store {
    /// What the file says of its sync: counts, ids, names of verbs, times; nothing about anybody.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn sync_details(&self) -> Result<SyncDetails, Error> {
        let bytes = |suffix: &str| std::fs::metadata(beside(self.path(), suffix)).map_or(0, |m| m.len());
        let file_bytes = bytes("") + bytes("-wal");
        let profile = self.identity().profile.clone();
        self.read(|connection| {
            let repairs: i64 =
                connection.prepare_cached("SELECT count(*) FROM repair")?.query_row([], |row| row.get(0))?;
            let number = |name| meta::number(connection, name);
            let count = |n: Option<i64>| n.unwrap_or(0).unsigned_abs();
            Ok(SyncDetails {
                epoch: meta::get(connection, meta::EPOCH)?.unwrap_or_default(),
                replica: meta::replica(connection).ok(),
                profile,
                schema: schema::version(connection)?,
                file_bytes,
                last_n: meta::last_n(connection)?.unsigned_abs(),
                counts: outbox::lines::counts(connection)?,
                outbox: outbox::lines::lines(connection)?,
                digest: DigestState {
                    checked_at: number(meta::DIGEST_CHECKED_AT)?.map(UtcInstant),
                    wrong: count(number(meta::DIGEST_WRONG)?),
                    repairs: repairs.unsigned_abs(),
                    mended: count(number("digest_mended")?),
                },
            })
        })
    }
}
