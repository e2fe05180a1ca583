//! What a person's next sign-in without the server needs, sealed under the file's key beside their slot.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use wattle_domain::{Role, UtcInstant, WorkstationId};
use wattle_local_store::DataKey;
use wattle_local_store::keys::{open_facts, seal_facts, write_atomic};
use wattle_protocol::session::SignedIn;

use crate::error::Error;

/// How long an access token lives, by the protocol.
const ACCESS_MS: i64 = 10 * 60 * 1000;

/// What the server said of a person the last time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    pub(crate) username: String,
    pub(crate) display_name: String,
    pub(crate) roles: Vec<Role>,
    pub(crate) offline_lease_until: UtcInstant,
    /// This computer's clock minus the server's, milliseconds: the lease ends by the server's clock.
    #[serde(default)]
    pub(crate) skew_ms: i64,
    /// The latest instant this file has seen: a clock that was set back does not lengthen a lease.
    pub(crate) latest_seen_at: UtcInstant,
    /// Good once, bound to the workstation. Absent when the server has refused it.
    #[serde(default)]
    pub(crate) refresh_token: Option<String>,
    /// They sign in with the clinic's OpenID provider: the password here is this computer's, and the server does not know it.
    #[serde(default)]
    pub(crate) by_provider: bool,
    /// Until when the server asks for no code of an authenticator app here; `None` for an account without one.
    #[serde(default)]
    pub(crate) second_factor_until: Option<UtcInstant>,
    /// Somebody else set their password.
    #[serde(default)]
    pub(crate) password_given: bool,
    /// What the clinic's workstations are called, as the server told last.
    #[serde(default)]
    pub(crate) workstation_names: BTreeMap<WorkstationId, String>,
}

impl Facts {
    pub(crate) fn of(username: &str, signed_in: &SignedIn, now: UtcInstant) -> Self {
        Self {
            username: username.to_owned(),
            display_name: signed_in.display_name.clone(),
            roles: signed_in.roles.clone(),
            offline_lease_until: signed_in.offline_lease_until,
            // The answer says when the access token ends, and tokens live ten minutes; a session tells it exactly later.
            skew_ms: now.0 - (signed_in.access_until.0 - ACCESS_MS),
            latest_seen_at: now,
            refresh_token: Some(signed_in.refresh_token.clone()),
            by_provider: false,
            second_factor_until: signed_in.second_factor_until,
            password_given: signed_in.password_given,
            workstation_names: BTreeMap::from([(signed_in.workstation, signed_in.workstation_name.clone())]),
        }
    }

    /// Whether the person may work without the server. The clock only moves forward here.
    pub(crate) fn lease_holds(&self, now: UtcInstant) -> bool {
        now.max(self.latest_seen_at).0 - self.skew_ms <= self.offline_lease_until.0
    }

    /// Whether the server will ask for a code, by its clock.
    pub(crate) fn second_factor_is_over(&self, now: UtcInstant) -> bool {
        self.second_factor_until.is_some_and(|until| now.0 - self.skew_ms >= until.0)
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

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;
    const NOW: i64 = 1_800_000_000_000;

    fn facts(skew_ms: i64) -> Facts {
        Facts {
            username: "maria".into(),
            display_name: "Maria Costa".into(),
            roles: vec![Role::Reception],
            offline_lease_until: UtcInstant(NOW + 72 * HOUR_MS),
            skew_ms,
            latest_seen_at: UtcInstant(NOW + skew_ms),
            refresh_token: None,
            by_provider: false,
            second_factor_until: None,
            password_given: false,
            workstation_names: BTreeMap::new(),
        }
    }

    #[test]
    fn a_lease_ends_by_the_servers_clock_and_no_clock_is_turned_back() {
        for (skew_ms, why) in
            [(0, "a right clock"), (500 * HOUR_MS, "far ahead"), (-500 * HOUR_MS, "far behind")]
        {
            let mut facts = facts(skew_ms);
            let at = |hours: i64| UtcInstant(NOW + skew_ms + hours * HOUR_MS);
            assert!(facts.lease_holds(at(71)), "{why}");
            assert!(!facts.lease_holds(at(73)), "{why}");
            facts.latest_seen_at = at(73);
            assert!(!facts.lease_holds(at(1)), "{why}: set back after the end");
        }
    }
}
