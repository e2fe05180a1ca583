//! A workstation without its window, for timing: an encrypted file, an engine, a person who has signed in.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use wattle_local_store::{Author, DataKey, Identity, SigningKey, Store, SystemClock};
use wattle_protocol::ipc::session::Connection;
use wattle_protocol::session::{Enrolment, SignIn, SignedIn, Welcome};
use wattle_sync_engine::{Config, Driver, Tokens, Transport};

use crate::house::{House, Person};
use crate::processes::wait_for;

const PATIENCE: Duration = Duration::from_secs(600);

/// Holds the pair of tokens of a short run.
#[derive(Default)]
struct Pair(Mutex<Option<SignedIn>>);

impl Pair {
    fn held(&self) -> Option<SignedIn> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    fn keep(&self, signed_in: Option<SignedIn>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = signed_in;
    }
}

impl Tokens for Pair {
    fn access(&self) -> Option<String> {
        self.held().map(|s| s.access_token)
    }
    fn refresh(&self) -> Option<String> {
        self.held().map(|s| s.refresh_token)
    }
    fn renewed(&self, signed_in: &SignedIn) {
        self.keep(Some(signed_in.clone()));
    }
    fn refused(&self) {
        self.keep(None);
    }
    fn welcomed(&self, _: &Welcome) {}
}

/// A workstation.
pub struct Headless {
    /// Its file.
    pub store: Store,
    /// Who sits there.
    pub author: Author,
    /// Its engine.
    pub driver: Driver,
    /// The key of its file, for the floor.
    pub key: DataKey,
}

impl Headless {
    /// Enrols, signs in, opens an empty file and starts the engine; does not wait for the first sync.
    ///
    /// # Errors
    /// The server or the store says no.
    pub async fn start(house: &House, path: &Path, name: &str, person: &Person) -> anyhow::Result<Self> {
        let transport = Transport::new(&house.server_url())?;
        let (signing_key, _) = SigningKey::generate()?;
        let signed_in = transport
            .sign_in(&SignIn {
                username: person.username.into(),
                password: person.password.into(),
                workstation: None,
                workstation_secret: "5a".repeat(32),
                enrolment: Some(Enrolment { code: house.enrolment_code()?, name: name.into() }),
                signing_key: signing_key.public_base64(),
                app_version: env!("CARGO_PKG_VERSION").into(),
            })
            .await?;
        let profile = wattle_domain::role::profile(&signed_in.roles);
        let identity = Identity { clinic: signed_in.clinic, workstation: signed_in.workstation, profile };
        let author = Author { user: signed_in.user, roles: signed_in.roles.clone(), signing_key };
        let key = DataKey::generate()?;
        let store = Store::open(path, &key, identity, Arc::new(SystemClock))?;
        let tokens = Pair::default();
        tokens.keep(Some(signed_in));
        let driver = Driver::start(
            store.clone(),
            transport,
            Arc::new(tokens),
            Arc::new(SystemClock),
            Config::new(env!("CARGO_PKG_VERSION"), 1),
            &tokio::runtime::Handle::current(),
        );
        Ok(Self { store, author, driver, key })
    }

    /// Waits until it is online with an empty outbox.
    ///
    /// # Errors
    /// Not within ten minutes.
    pub async fn in_step(&self) -> anyhow::Result<()> {
        let state = self.driver.sync_state();
        wait_for("the workstation is in step", PATIENCE, async || {
            let now = state.borrow().clone();
            let has_all = self.store.clinic().ok().flatten().is_some();
            (now.connection == Connection::Online && now.waiting == 0 && has_all).then_some(())
        })
        .await?;
        Ok(())
    }
}
