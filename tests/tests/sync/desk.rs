//! A workstation without its window: an encrypted file, an engine, a person.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tokio::runtime::Handle;
use wattle_domain::Command;
use wattle_domain::time::Clock;
use wattle_local_store::{Author, DataKey, Identity, SigningKey, Store, SubmitError, Submitted, SystemClock};
use wattle_protocol::ipc::session::Connection;
use wattle_protocol::session::{Enrolment, SignIn, SignedIn, Welcome};
use wattle_sync_engine::{Config, Driver, Tokens, Transport};
use wattle_tests::house::{self, House, PEOPLE, Person, Size};
use wattle_tests::processes::wait_for;

/// Longest wait for anything that should come by itself.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// A small clinic with its people and a running server.
pub async fn clinic(dir: &TempDir) -> House {
    let mut house = House::found(dir.path(), false).unwrap();
    house.import_sample(Size { patients: 300, practitioners: 3, appointments: 900 }, 7).unwrap();
    house::add_people(&house).unwrap();
    house.start_server().await.unwrap();
    house
}

/// Somebody of the cast.
pub fn person(username: &str) -> Person {
    PEOPLE.into_iter().find(|p| p.username == username).unwrap()
}

/// Waits for something that must come by itself.
pub async fn until<T>(what: &str, condition: impl AsyncFnMut() -> Option<T>) -> T {
    wait_for(what, PATIENCE, condition).await.unwrap()
}

/// Keeps tokens in memory, as the workstation keeps them in its file.
pub struct Keeper {
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    access: Option<String>,
    refresh: Option<String>,
    welcome: Option<Welcome>,
    refused: bool,
}

impl Keeper {
    pub fn accept(&self, signed_in: &SignedIn) {
        let mut held = self.held.lock().unwrap();
        held.access = Some(signed_in.access_token.clone());
        held.refresh = Some(signed_in.refresh_token.clone());
        held.refused = false;
    }

    /// The access token is forgotten, as after ten minutes.
    pub fn lose_access(&self) {
        self.held.lock().unwrap().access = None;
    }

    pub fn was_refused(&self) -> bool {
        self.held.lock().unwrap().refused
    }
}

impl Tokens for Keeper {
    fn access(&self) -> Option<String> {
        self.held.lock().unwrap().access.clone()
    }
    fn refresh(&self) -> Option<String> {
        self.held.lock().unwrap().refresh.clone()
    }
    fn renewed(&self, signed_in: &SignedIn) {
        self.accept(signed_in);
    }
    fn refused(&self) {
        let mut held = self.held.lock().unwrap();
        (held.refresh, held.refused) = (None, true);
    }
    fn welcomed(&self, welcome: &Welcome) {
        self.held.lock().unwrap().welcome = Some(welcome.clone());
    }
}

/// A desk.
pub struct Desk {
    pub store: Store,
    pub author: Author,
    pub keeper: Arc<Keeper>,
    pub driver: Driver,
    pub url: String,
    ask: SignIn,
    key: DataKey,
    identity: Identity,
    _dir: TempDir,
}

impl Desk {
    /// Enrols a new computer, signs somebody in, makes its file and starts its engine. Does not wait for the first sync.
    pub async fn enrol(house: &House, url: &str, name: &str, who: &Person) -> Self {
        let (signing_key, _) = SigningKey::generate().unwrap();
        let code = house.enrolment_code().unwrap();
        let mut ask = SignIn {
            username: who.username.into(),
            password: who.password.into(),
            workstation: None,
            workstation_secret: "5a".repeat(32),
            enrolment: Some(Enrolment { code, name: name.into() }),
            signing_key: signing_key.public_base64(),
            app_version: "0.1.0".into(),
        };
        // To the server itself: what is between is only cut later.
        let signed_in = Transport::new(&house.server_url()).unwrap().sign_in(&ask).await.unwrap();
        ask.workstation = Some(signed_in.workstation);
        ask.enrolment = None;
        let author = Author { user: signed_in.user, roles: signed_in.roles.clone(), signing_key };
        let profile = wattle_domain::role::profile(&signed_in.roles);
        let identity = Identity { clinic: signed_in.clinic, workstation: signed_in.workstation, profile };
        let keeper = Arc::new(Keeper { held: Mutex::default() });
        keeper.accept(&signed_in);
        let dir = tempfile::tempdir().unwrap();
        let key = DataKey::generate().unwrap();
        let store = open(dir.path().join("clinic.db"), &key, &identity);
        let driver = start(&store, url, &keeper);
        Self { store, author, keeper, driver, url: url.into(), ask, key, identity, _dir: dir }
    }

    /// A desk that has the clinic.
    pub async fn ready(house: &House, name: &str, who: &Person) -> Self {
        let desk = Self::enrol(house, &house.server_url(), name, who).await;
        desk.in_step("first sync").await;
        desk
    }

    /// The person signs in at the server once more.
    pub async fn sign_in_again(&self) {
        let signed_in = Transport::new(&self.url).unwrap().sign_in(&self.ask).await.unwrap();
        self.keeper.accept(&signed_in);
        self.driver.signed_in();
    }

    /// The app ends and starts again on the same file.
    pub async fn restart(self) -> Self {
        self.driver.stop().await;
        let Self { store, author, keeper, driver, url, ask, key, identity, _dir } = self;
        let path = store.path().to_owned();
        drop((store, driver));
        let store = open(path, &key, &identity);
        let driver = start(&store, &url, &keeper);
        Self { store, author, keeper, driver, url, ask, key, identity, _dir }
    }

    pub fn do_it(&self, command: impl Into<Command>) -> Submitted {
        self.try_it(command).unwrap()
    }

    pub fn try_it(&self, command: impl Into<Command>) -> Result<Submitted, SubmitError> {
        let done = self.store.submit(&self.author, command.into());
        self.driver.nudge();
        done
    }

    pub fn connection(&self) -> Connection {
        self.driver.sync_state().borrow().connection
    }

    /// Waits for a connection like this.
    pub async fn connected(&self, what: &str, like: impl Fn(Connection) -> bool) {
        let mut state = self.driver.sync_state();
        let found = tokio::time::timeout(PATIENCE, state.wait_for(|s| like(s.connection))).await;
        found.unwrap_or_else(|_| panic!("{what}: still {:?}", self.connection())).unwrap();
    }

    pub async fn offline(&self) {
        self.connected("offline", |c| matches!(c, Connection::Offline { .. })).await;
    }

    /// Waits until it is connected, everything is sent and answered, and covered by a checkpoint.
    pub async fn in_step(&self, what: &str) {
        until(what, async || {
            let facts = self.store.sync_facts().unwrap();
            let sent = facts.outbox_len == 0 && facts.awaiting.is_empty() && !facts.cursors.is_empty();
            (sent && self.connection() == Connection::Online).then_some(())
        })
        .await;
    }
}

/// Waits until desks of the same roles are at the same commits.
pub async fn together(desks: &[&Desk]) {
    for desk in desks {
        desk.in_step("everything sent").await;
    }
    until("the same cursors", async || {
        let all: Vec<_> = desks.iter().map(|d| d.store.sync_facts().unwrap().cursors).collect();
        let front = all.iter().map(|c| c.get(&wattle_domain::FeedClass::Front)).collect::<Vec<_>>();
        front.windows(2).all(|w| w[0] == w[1]).then_some(())
    })
    .await;
}

fn open(path: PathBuf, key: &DataKey, identity: &Identity) -> Store {
    Store::open(&path, key, identity.clone(), Arc::new(SystemClock)).unwrap()
}

fn start(store: &Store, url: &str, keeper: &Arc<Keeper>) -> Driver {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let seed = u64::try_from(clock.now().0).unwrap() ^ store.identity().workstation.0.as_u64_pair().1;
    let tokens: Arc<dyn Tokens> = Arc::<Keeper>::clone(keeper);
    let transport = Transport::new(url).unwrap();
    Driver::start(store.clone(), transport, tokens, clock, Config::new("0.1.0", seed), &Handle::current())
}
