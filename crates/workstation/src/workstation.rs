//! The workstation as the shell, the tests and the benchmarks see it.

mod attention;
mod audit;
mod billing;
mod clinical;
mod close;
mod daybook;
mod documents;
mod escrow;
mod first_copy;
mod leftovers;
mod letters;
mod lock;
mod new_ids;
mod open;
mod openid;
mod papers;
mod password;
mod patients;
mod people;
mod practitioners;
mod refused;
mod restricted;
mod results;
mod scans;
mod search;
mod set_up;
mod share;
mod sign_in;
mod sync;
mod waiting;
mod wipe;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use documents::NewDocument;
pub(crate) use documents::Porter;
pub(crate) use scans::Scanner;
use search::Search;
use tokio::sync::broadcast;
use uuid::Uuid;
use wattle_domain::time::Clock;
use wattle_domain::{Command, UtcInstant};
use wattle_local_store::Store;
use wattle_protocol::ipc::event::Event;
use wattle_protocol::ipc::session::{AppState, SetUp, SyncState};
use wattle_protocol::ipc::{FaultCode, Written};

use crate::attempts::Attempts;
use crate::config::Config;
use crate::desk::Desk;
use crate::error::Error;
use crate::folder::{Folder, remove_dir};
use crate::keyring::Keyring;
use crate::record::Record;
use crate::refused::Refused;

/// Events that a slow subscriber may be behind before it is told that it missed some.
const EVENTS: usize = 256;

/// One workstation: set up or not, with somebody at the desk or not. Cheap to clone.
#[derive(Clone)]
pub struct Workstation(Arc<Shared>);

struct Shared {
    folder: Folder,
    clock: Arc<dyn Clock>,
    keyring: Keyring,
    attempts: Attempts,
    /// Refused sign-ins that no server has heard of.
    refused: Refused,
    /// The search that has led to nothing so far.
    search: Mutex<Option<Search>>,
    /// What was given beforehand, for the set-up form.
    proposed: Proposed,
    record: Mutex<Option<Record>>,
    state: Mutex<State>,
    /// The server is being asked for new tokens behind an open desk.
    renewal: Mutex<Option<tokio::task::JoinHandle<()>>>,
    /// Files of earlier roles that still have something to send.
    leftovers: Mutex<Vec<Arc<Desk>>>,
    /// One change of who is at the desk at a time.
    turn: tokio::sync::Mutex<()>,
    /// One telling at a time, or an older state could be told after a newer one.
    telling: tokio::sync::Mutex<()>,
    events: broadcast::Sender<Event>,
}

struct Proposed {
    server_url: String,
    workstation_name: String,
}

enum State {
    /// Nobody is signed in; something to tell first, perhaps.
    Out(Option<FaultCode>),
    /// Somebody is.
    In { desk: Arc<Desk>, locked: bool },
}

impl Workstation {
    /// Takes the data folder and reads what this workstation is. Needs a tokio runtime around it later, not here.
    ///
    /// # Errors
    /// [`Error::AlreadyOpen`] when another process has the folder, [`Error::BadFile`] when a file of ours in it is not
    /// readable, [`Error::BadAddress`] when the address given beforehand may not be used.
    pub fn start(config: Config) -> Result<Self, Error> {
        let folder = Folder::take(&config.data_dir)?;
        // What was opened outside is in the clear, and not needed any more.
        remove_dir(&folder.outside())?;
        let record = Record::read(&folder.record())?;
        let keyring = Keyring::of_folder(folder.root());
        let attempts = Attempts::load(folder.attempts());
        let refused = Refused::load(folder.refused());
        let workstation = Self(Arc::new(Shared {
            folder,
            clock: config.clock,
            keyring,
            attempts,
            refused,
            search: Mutex::new(None),
            proposed: Proposed {
                server_url: config.server_url.clone().unwrap_or_default(),
                workstation_name: config.workstation_name.clone().unwrap_or_default(),
            },
            record: Mutex::new(record),
            state: Mutex::new(State::Out(None)),
            renewal: Mutex::new(None),
            leftovers: Mutex::default(),
            turn: tokio::sync::Mutex::new(()),
            telling: tokio::sync::Mutex::new(()),
            events: broadcast::Sender::new(EVENTS),
        }));
        if let (Some(server_url), Some(workstation_name), Some(enrolment_code)) =
            (config.server_url, config.workstation_name, config.enrolment_code)
        {
            let server_ca = config.server_ca;
            workstation.set_up_beforehand(SetUp {
                server_url,
                workstation_name,
                enrolment_code,
                server_ca,
            })?;
        }
        Ok(workstation)
    }

    /// What happens from now on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.0.events.subscribe()
    }

    /// The workstation's clock.
    #[must_use]
    pub fn now(&self) -> UtcInstant {
        self.0.clock.now()
    }

    /// What the page shows.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn app_state(&self) -> Result<AppState, Error> {
        let Some(record) = self.record() else {
            return Ok(AppState::NeedsSetUp {
                server_url: self.0.proposed.server_url.clone(),
                workstation_name: self.0.proposed.workstation_name.clone(),
            });
        };
        // A code that was no good is asked for again.
        if record.enrolled.is_none() && record.enrolment_code.is_none() {
            return Ok(AppState::NeedsSetUp {
                server_url: record.server_url,
                workstation_name: record.workstation_name,
            });
        }
        let (desk, locked) = match &*self.state() {
            State::In { desk, locked } => (Arc::clone(desk), *locked),
            State::Out(notice) => {
                let own_code = record.enrolment_code.filter(|_| record.own_code);
                return Ok(AppState::SignedOut {
                    own_code,
                    clinic_name: record.enrolled.map(|e| e.clinic_name),
                    workstation_name: record.workstation_name,
                    known_users: record.people.into_iter().map(|p| p.username).collect(),
                    notice: *notice,
                });
            }
        };
        let answer = desk.app_state(&record, locked).await;
        self.note_damage(&desk, answer)
    }

    /// How it stands with the server, and what the file holds at this very moment.
    ///
    /// # Errors
    /// [`Error::Locked`] when nobody is signed in; when the file cannot be read.
    pub async fn sync_state(&self) -> Result<SyncState, Error> {
        let desk = self.desk_behind_the_curtain().ok_or(Error::Locked)?;
        let answer = desk.sync_state().await;
        let mut state = self.note_damage(&desk, answer)?;
        state.waiting += self.left_waiting().await;
        Ok(state)
    }

    /// Tries the server now.
    ///
    /// # Errors
    /// [`Error::Locked`] when nobody is signed in.
    pub async fn sync_now(&self) -> Result<(), Error> {
        self.desk_behind_the_curtain().ok_or(Error::Locked)?.sync_now();
        Ok(())
    }

    /// Reads from the open file, off the runtime's threads.
    async fn read<T, F>(&self, read: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Store) -> Result<T, wattle_local_store::Error> + Send + 'static,
    {
        let desk = self.desk()?;
        let answer = desk.with_store(read).await;
        self.note_damage(&desk, answer)
    }

    /// Saves a command here, in the outbox; `id` is the row that it makes or changes.
    async fn write(&self, command: impl Into<Command>, id: impl Into<Uuid>) -> Result<Written, Error> {
        let desk = self.desk()?;
        let answer = desk.submit(command.into()).await;
        let submitted = self.note_damage(&desk, answer)?;
        desk.nudge();
        Ok(Written { command_id: submitted.command_id, id: id.into() })
    }

    /// The desk, if somebody is at it.
    fn desk(&self) -> Result<Arc<Desk>, Error> {
        if self.lock_if_lease_over() {
            let workstation = self.clone();
            tokio::spawn(async move { workstation.tell().await });
        }
        match &*self.state() {
            State::In { desk, locked: false } => Ok(Arc::clone(desk)),
            State::In { locked: true, .. } | State::Out(_) => Err(Error::Locked),
        }
    }

    /// The desk, also while it is locked.
    fn desk_behind_the_curtain(&self) -> Option<Arc<Desk>> {
        match &*self.state() {
            State::In { desk, .. } => Some(Arc::clone(desk)),
            State::Out(_) => None,
        }
    }

    fn record(&self) -> Option<Record> {
        self.0.record.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// It is no workstation any more; the file of it is gone.
    fn forget_record(&self) {
        *self.0.record.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Changes what this workstation is, on disk first.
    fn change_record(&self, change: impl FnOnce(&mut Record)) -> Result<(), Error> {
        let mut held = self.0.record.lock().unwrap_or_else(PoisonError::into_inner);
        let mut record = held.clone().ok_or(Error::NotSetUp)?;
        change(&mut record);
        record.write(&self.0.folder.record())?;
        *held = Some(record);
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells everybody how the sync stands now.
    async fn tell_sync(&self) {
        if let Ok(state) = self.sync_state().await {
            let _ = self.0.events.send(Event::Sync(state));
        }
    }

    /// The clinic's zone.
    async fn zone(&self) -> Result<wattle_domain::ClinicZone, Error> {
        let desk = self.desk_behind_the_curtain().ok_or(Error::Locked)?;
        let clinic = desk.with_store(Store::clinic).await?;
        Ok(clinic.and_then(|c| c.time_zone.parse().ok()).map(wattle_domain::ClinicZone).unwrap_or_default())
    }

    /// Tells everybody what the page shows now.
    async fn tell(&self) {
        let _one = self.0.telling.lock().await;
        match self.app_state().await {
            // Nobody listening is fine.
            Ok(state) => drop(self.0.events.send(Event::App(state))),
            Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "no state to tell"),
        }
    }
}
