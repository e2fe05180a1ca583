//! What a person's next sign-in without the server needs, sealed under the file's key beside their slot.

use std::path::Path;

use serde::{Deserialize, Serialize};
use wattle_domain::{Role, UtcInstant};
use wattle_local_store::DataKey;
use wattle_local_store::keys::{open_facts, seal_facts, write_atomic};
use wattle_protocol::session::SignedIn;

use crate::error::Error;

/// What the server said of a person the last time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    pub(crate) username: String,
    pub(crate) display_name: String,
    pub(crate) roles: Vec<Role>,
    pub(crate) offline_lease_until: UtcInstant,
    /// The latest instant this file has seen: a clock that was set back does not lengthen a lease.
    pub(crate) latest_seen_at: UtcInstant,
    /// Good once, bound to the workstation. Absent when the server has refused it.
    #[serde(default)]
    pub(crate) refresh_token: Option<String>,
}

impl Facts {
    pub(crate) fn of(username: &str, signed_in: &SignedIn, now: UtcInstant) -> Self {
        Self {
            username: username.to_owned(),
            display_name: signed_in.display_name.clone(),
            roles: signed_in.roles.clone(),
            offline_lease_until: signed_in.offline_lease_until,
            latest_seen_at: now,
            refresh_token: Some(signed_in.refresh_token.clone()),
        }
    }

    /// Whether the person may work without the server. The clock only moves forward here.
    pub(crate) fn lease_holds(&self, now: UtcInstant) -> bool {
        now.max(self.latest_seen_at) <= self.offline_lease_until
    }

    /// Reads them; `None` when absent or not whole, which costs the person no more than a word with the server.
    pub(crate) fn read(path: &Path, key: &DataKey, user: &str) -> Option<Self> {
        let whole = std::fs::read(path).ok()?;
        open_facts(key, user, &whole).ok()
    }

    pub(crate) fn write(&self, path: &Path, key: &DataKey, user: &str) -> Result<(), Error> {
        Ok(write_atomic(path, &seal_facts(key, user, self)?)?)
    }
}
