//! A file that was made of another's pages becomes this workstation's.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, TransactionBehavior};
use wattle_domain::time::Clock;

use crate::clock::SystemIds;
use crate::connection;
use crate::data_key::DataKey;
use crate::error::{Error, OpenError};
use crate::identity::Identity;
use crate::schema;
use crate::store::Store;
use crate::tables::meta;

impl Store {
    /// Opens a file that [`crate::pages::Import`] has made: it becomes this workstation's, with a replica id of its own
    /// and numbers from 1. Everything that its maker was and did is forgotten; rows, cursors and epoch stay.
    ///
    /// # Errors
    /// `OtherIdentity` when it is of another clinic or profile, or when commands are in it (then it is no image but
    /// somebody's file). See [`OpenError`] for the rest.
    pub fn open_imported(
        path: &Path,
        key: &DataKey,
        identity: Identity,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let mut connection = connection::writer(path, key)?;
        let found = schema::version(&connection)?;
        if found > schema::known_version() {
            return Err(OpenError::TooNew { found, known: schema::known_version() });
        }
        schema::migrate_to(&mut connection, schema::known_version())?;
        take_over(&mut connection, &identity)?;
        // The log of this connection is in the file before anybody proves a key on it.
        connection.close().map_err(|(_, error)| error)?;
        Self::open_with(path, key, identity, clock, Arc::new(SystemIds))
    }
}

fn take_over(connection: &mut Connection, identity: &Identity) -> Result<(), OpenError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let maker = |name| meta::get(&transaction, name).map(Option::unwrap_or_default);
    if maker(meta::CLINIC)? != identity.clinic.to_string() || maker(meta::PROFILE)? != identity.profile {
        return Err(OpenError::OtherIdentity);
    }
    let commands: i64 = transaction.query_row(
        "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM acknowledged)",
        [],
        |row| row.get(0),
    )?;
    if commands > 0 || meta::last_n(&transaction)? > 0 {
        return Err(OpenError::OtherIdentity);
    }
    // Opening draws a replica, and names the workstation.
    transaction.execute(
        "DELETE FROM meta WHERE name NOT IN (?, ?, ?)",
        [meta::CLINIC, meta::PROFILE, meta::EPOCH],
    )?;
    transaction.commit().map_err(Error::from)?;
    Ok(())
}
