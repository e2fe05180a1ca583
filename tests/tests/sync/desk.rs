//! The desk of [`wattle_tests::desk`], with every failure a panic.

use std::ops::Deref;
use std::time::Duration;

use tempfile::TempDir;
use wattle_domain::Command;
use wattle_local_store::{SubmitError, Submitted};
use wattle_protocol::ipc::session::Connection;
use wattle_tests::desk;
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

/// A desk.
pub struct Desk {
    desk: desk::Desk,
    dir: TempDir,
}

impl Deref for Desk {
    type Target = desk::Desk;
    fn deref(&self) -> &desk::Desk {
        &self.desk
    }
}

impl Desk {
    /// Enrols a new computer, signs somebody in, makes its file and starts its engine. Does not wait for the first sync.
    pub async fn enrol(house: &House, url: &str, name: &str, who: &Person) -> Self {
        let dir = tempfile::tempdir().unwrap();
        // At the server itself: what is between is only cut later.
        let desk = desk::Desk::enrol(house, url, &dir.path().join("clinic.db"), name, who).await.unwrap();
        Self { desk, dir }
    }

    /// A desk that has the clinic.
    pub async fn ready(house: &House, name: &str, who: &Person) -> Self {
        let desk = Self::enrol(house, &house.server_url(), name, who).await;
        desk.in_step("first sync").await;
        desk
    }

    /// The person signs in at the server once more.
    pub async fn sign_in_again(&self) {
        self.desk.sign_in_again().await.unwrap();
    }

    /// The app ends and starts again on the same file.
    pub async fn restart(self) -> Self {
        let Self { desk, dir } = self;
        Self { desk: desk.restart().await.unwrap(), dir }
    }

    pub fn do_it(&self, command: impl Into<Command>) -> Submitted {
        self.try_it(command).unwrap()
    }

    pub fn try_it(&self, command: impl Into<Command>) -> Result<Submitted, SubmitError> {
        self.desk.submit(command)
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
        self.desk.in_step(what, PATIENCE).await.unwrap();
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
