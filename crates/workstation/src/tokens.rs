//! The tokens of the person at the desk: access in memory, refresh sealed under the file's key.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wattle_domain::time::Clock;
use wattle_domain::{Role, UserId};
use wattle_local_store::DataKey;
use wattle_protocol::ErrorCode;
use wattle_protocol::session::{SignedIn, Welcome, WorkstationState};
use wattle_sync_engine::driver::Tokens;

use crate::facts::Facts;

/// Keeps what the server says of the person, for now and for the next sign-in without it.
pub(crate) struct Keeper {
    path: PathBuf,
    user: UserId,
    key: DataKey,
    clock: Arc<dyn Clock>,
    held: Mutex<Held>,
    /// How often the server has said that the keys are to be destroyed.
    wipe: tokio::sync::watch::Sender<u64>,
    /// Whether the server has said that the account is closed.
    closed: tokio::sync::watch::Sender<bool>,
}

struct Held {
    facts: Facts,
    access: Option<String>,
}

impl Keeper {
    pub(crate) fn new(
        path: PathBuf,
        user: UserId,
        key: DataKey,
        clock: Arc<dyn Clock>,
        facts: Facts,
    ) -> Self {
        Self {
            path,
            user,
            key,
            clock,
            held: Mutex::new(Held { facts, access: None }),
            wipe: tokio::sync::watch::Sender::new(0),
            closed: tokio::sync::watch::Sender::new(false),
        }
    }

    pub(crate) fn facts(&self) -> Facts {
        self.held().facts.clone()
    }

    /// Rises whenever the server says that the keys are to be destroyed.
    pub(crate) fn told_to_wipe(&self) -> tokio::sync::watch::Receiver<u64> {
        self.wipe.subscribe()
    }

    /// Becomes true when the server says that the account is closed.
    pub(crate) fn account_closed(&self) -> tokio::sync::watch::Receiver<bool> {
        self.closed.subscribe()
    }

    /// The password is their own from now on.
    pub(crate) fn chose_password(&self) {
        let mut held = self.held();
        held.facts.password_given = false;
        self.save(&held.facts);
    }

    pub(crate) fn roles(&self) -> Vec<Role> {
        self.held().facts.roles.clone()
    }

    /// Whether the person may work without the server.
    pub(crate) fn lease_holds(&self) -> bool {
        self.held().facts.lease_holds(self.clock.now())
    }

    /// Whether the server may still know this person without a password.
    pub(crate) fn may_refresh(&self) -> bool {
        self.held().facts.refresh_token.is_some()
    }

    /// The server has given new tokens.
    pub(crate) fn accept(&self, signed_in: &SignedIn) {
        let now = self.clock.now();
        let mut held = self.held();
        held.access = Some(signed_in.access_token.clone());
        let names = std::mem::take(&mut held.facts.workstation_names);
        let by_provider = held.facts.by_provider;
        held.facts = Facts { by_provider, ..Facts::of(&held.facts.username, signed_in, now) };
        held.facts.workstation_names.extend(names);
        self.save(&held.facts);
    }

    /// The server has refused the tokens: the person must sign in there anew.
    pub(crate) fn forget(&self) {
        let mut held = self.held();
        held.access = None;
        held.facts.refresh_token = None;
        self.save(&held.facts);
    }

    /// The server wants a code of the authenticator app from now on.
    pub(crate) fn wants_code(&self) {
        let mut held = self.held();
        held.facts.second_factor_until = Some(wattle_domain::UtcInstant(0));
        self.save(&held.facts);
    }

    /// Nobody works here without the server any more: it has taken this computer out of the clinic. What is unsent stays in the
    /// file, for when it is let in again.
    pub(crate) fn end_lease(&self) {
        let mut held = self.held();
        held.access = None;
        held.facts.refresh_token = None;
        held.facts.offline_lease_until = wattle_domain::UtcInstant(0);
        self.save(&held.facts);
    }

    /// Time passes, for the lease.
    pub(crate) fn saw_the_clock(&self) {
        let now = self.clock.now();
        let mut held = self.held();
        if now > held.facts.latest_seen_at {
            held.facts.latest_seen_at = now;
            self.save(&held.facts);
        }
    }

    fn save(&self, facts: &Facts) {
        // Losing them costs no more than a word with the server at the next sign-in.
        if let Err(error) = facts.write(&self.path, &self.key, &self.user.to_string()) {
            tracing::warn!(error = &error as &dyn std::error::Error, "tokens were not kept");
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tokens for Keeper {
    fn access(&self) -> Option<String> {
        // Whether its time is over, the server's clock decides and not ours.
        self.held().access.clone()
    }

    fn refresh(&self) -> Option<String> {
        self.held().facts.refresh_token.clone()
    }

    fn renewed(&self, signed_in: &SignedIn) {
        self.accept(signed_in);
    }

    fn refused(&self, code: ErrorCode) {
        self.forget();
        match code {
            ErrorCode::AccountClosed => {
                self.closed.send_replace(true);
            }
            ErrorCode::WorkstationRevoked => self.end_lease(),
            _ => {}
        }
    }

    fn welcomed(&self, welcome: &Welcome) {
        if welcome.workstation == WorkstationState::Wipe {
            self.wipe.send_modify(|times| *times += 1);
        }
        let now = self.clock.now();
        let mut held = self.held();
        held.facts.offline_lease_until = welcome.offline_lease_until;
        held.facts.skew_ms = now.0 - welcome.server_time.0;
        held.facts.roles.clone_from(&welcome.roles);
        // A server that sends none is an older one, not a clinic without workstations.
        if !welcome.workstation_names.is_empty() {
            held.facts.workstation_names.clone_from(&welcome.workstation_names);
        }
        // The lease comes from the server: a clock that was wrong before need not be held against it.
        held.facts.latest_seen_at = now;
        self.save(&held.facts);
    }
}
