//! What stands open while somebody is signed in.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinHandle;
use wattle_domain::role::Grant;
use wattle_domain::{ClinicZone, Command, UserId};
use wattle_local_store::keys::WorkstationSecret;
use wattle_local_store::{Author, Store, Submitted};
use wattle_protocol::ipc::session::{AppState, Session, SyncState};
use wattle_sync_engine::Driver;

use crate::error::Error;
use crate::file::ProfileFile;
use crate::record::Record;
use crate::shelf::Shelf;
use crate::tokens::Keeper;
use crate::workstation::{Porter, Scanner};

/// The open file, its sync, and the person.
pub(crate) struct Desk {
    pub(crate) store: Store,
    pub(crate) driver: Driver,
    pub(crate) keeper: Arc<Keeper>,
    pub(crate) shelf: Shelf,
    pub(crate) porter: Arc<Porter>,
    pub(crate) scanner: Arc<Scanner>,
    file: ProfileFile,
    secret: WorkstationSecret,
    watchers: Mutex<Vec<JoinHandle<()>>>,
}

impl Desk {
    pub(crate) fn new(
        store: Store,
        driver: Driver,
        keeper: Arc<Keeper>,
        file: ProfileFile,
        secret: WorkstationSecret,
    ) -> Self {
        file.place.in_use();
        let shelf = Shelf::new(file.place.documents(), file.keys.data_key.clone());
        let (porter, scanner, watchers) = (Arc::default(), Arc::default(), Mutex::new(Vec::new()));
        Self { store, driver, keeper, shelf, porter, scanner, file, secret, watchers }
    }

    pub(crate) fn file(&self) -> &ProfileFile {
        &self.file
    }

    pub(crate) fn secret(&self) -> &WorkstationSecret {
        &self.secret
    }

    pub(crate) fn user(&self) -> UserId {
        self.file.owner.user
    }

    /// Whether the person at the desk may do something.
    pub(crate) fn may(&self, grant: Grant) -> bool {
        self.keeper.roles().iter().any(|role| role.may(grant))
    }

    /// What the sync says, with the outbox as it is now: the sync hears of a new command a moment later.
    pub(crate) async fn sync_state(&self) -> Result<SyncState, Error> {
        let facts = self.with_store(Store::sync_facts).await?;
        let state = self.driver.sync_state().borrow().clone();
        Ok(SyncState {
            waiting: facts.outbox_len,
            oldest_waiting_at: facts.oldest_waiting_at,
            attention: facts.attention,
            ..state
        })
    }

    pub(crate) fn sync_now(&self) {
        self.driver.online_again();
    }

    /// Asks for a comparison with the server.
    pub(crate) fn check_now(&self) {
        self.driver.check_now();
    }

    pub(crate) fn nudge(&self) {
        self.driver.nudge();
    }

    /// Does something with the store, off the runtime's threads.
    pub(crate) async fn with_store<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Store) -> Result<T, wattle_local_store::Error> + Send + 'static,
    {
        let store = self.store.clone();
        Ok(tokio::task::spawn_blocking(move || work(&store)).await??)
    }

    /// Saves a command of the person at the desk.
    pub(crate) async fn submit(&self, command: Command) -> Result<Submitted, Error> {
        let (store, author) = (self.store.clone(), self.author());
        Ok(tokio::task::spawn_blocking(move || store.submit(&author, command)).await??)
    }

    /// Saves commands that stand or fall together.
    pub(crate) async fn submit_together(&self, mut commands: Vec<Command>) -> Result<Vec<Submitted>, Error> {
        let (store, author) = (self.store.clone(), self.author());
        let submitted = tokio::task::spawn_blocking(move || {
            if commands.len() > 1 {
                return store.submit_group(&author, commands);
            }
            commands.pop().map(|only| store.submit(&author, only)).into_iter().collect()
        });
        Ok(submitted.await??)
    }

    fn author(&self) -> Author {
        Author {
            user: self.user(),
            roles: self.keeper.roles(),
            signing_key: self.file.keys.signing_key.clone(),
        }
    }

    /// What the page shows of it.
    pub(crate) async fn app_state(&self, record: &Record, locked: bool) -> Result<AppState, Error> {
        let user = self.user();
        let (clinic, practitioner_id) =
            self.with_store(move |store| Ok((store.clinic()?, store.practitioner_of(user)?))).await?;
        let progress = *self.driver.first_sync().borrow();
        let first_sync = progress.is_some() || clinic.is_none();
        if first_sync && !locked {
            return Ok(AppState::FirstSync { progress: progress.unwrap_or_default() });
        }
        let facts = self.keeper.facts();
        let (clinic_name, zone) = match clinic {
            // A zone of a newer version of the zone list: the default is wrong by hours at worst, and the page shows it.
            Some(clinic) => {
                (clinic.name, clinic.time_zone.parse().map_or_else(|_| ClinicZone::default(), ClinicZone))
            }
            None => {
                let name = record.enrolled.as_ref().map(|e| e.clinic_name.clone()).unwrap_or_default();
                (name, ClinicZone::default())
            }
        };
        let session = Session {
            user,
            username: facts.username,
            display_name: facts.display_name,
            roles: facts.roles,
            practitioner_id,
            clinic_name,
            zone,
            workstation_name: record.workstation_name.clone(),
            offline_lease_until: facts.offline_lease_until,
            password_given: facts.password_given && !facts.by_provider,
        };
        Ok(if locked { AppState::Locked { session } } else { AppState::Ready { session } })
    }

    /// Tasks that end with the desk.
    pub(crate) fn watch(&self, tasks: impl IntoIterator<Item = JoinHandle<()>>) {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner).extend(tasks);
    }

    /// Tells nobody any more; the sync goes on.
    pub(crate) fn unwatch(&self) {
        for task in self.watchers.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            task.abort();
        }
    }

    /// Ends the sync; the file closes when the last question to it is answered.
    pub(crate) async fn close(&self) {
        self.unwatch();
        self.driver.stop().await;
    }
}
