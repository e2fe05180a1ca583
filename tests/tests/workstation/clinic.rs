//! A small real clinic and workstations of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use uuid::Uuid;
use wattle_domain::commands::{PatientDetails, PatientParts, RegisterPatient};
use wattle_domain::fields::{BirthDateAccuracy, Sex};
use wattle_domain::time::Clock;
use wattle_domain::{PatientId, UtcInstant};
use wattle_protocol::ipc::patients::SearchPatients;
use wattle_protocol::ipc::session::{AppState, Connection, Credentials, SetUp, SyncState, Unlock};
use wattle_tests::house::{House, Person};
use wattle_workstation::{Config, Error, SystemClock, Workstation};

const PATIENCE: Duration = Duration::from_secs(60);

pub const MARIA: Person = Person {
    username: "maria",
    display_name: "Maria Costa",
    role: "reception",
    password: "wattle-blooms-in-august",
    column: None,
};
pub const TOM: Person = Person {
    username: "tom",
    display_name: "Tom Baker",
    role: "reception",
    password: "kookaburra-on-the-fence",
    column: None,
};

/// PostgreSQL, server, an empty clinic with two receptionists.
pub struct Clinic {
    pub house: House,
    folder: TempDir,
}

impl Clinic {
    pub async fn open() -> Self {
        Self::with(false).await
    }

    /// One whose server has a key of its own, and so keeps those of workstations' files.
    pub async fn open_with_key() -> Self {
        Self::with(true).await
    }

    /// One whose server has a place for documents.
    pub async fn open_with_documents() -> Self {
        let mut clinic = Self::with(true).await;
        clinic.house.kill_server();
        let data = clinic.data_dir("server");
        clinic.house.serve_with(&["--data-dir", data.to_str().unwrap()]);
        clinic.house.start_server().await.unwrap();
        clinic
    }

    async fn with(key: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut house = House::found(&folder.path().join("house"), false).unwrap();
        if !key {
            house.without_key().unwrap();
        }
        for person in [MARIA, TOM] {
            house.add_person(&person, None).unwrap();
        }
        house.start_server().await.unwrap();
        Self { house, folder }
    }

    pub fn data_dir(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Waits until the database says so.
    pub async fn until_count(&self, sql: &str, wanted: u64) {
        let deadline = Instant::now() + PATIENCE;
        while self.house.count(sql).unwrap() != wanted {
            assert!(Instant::now() < deadline, "{sql}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A computer that has been set up, with nobody at it yet.
    pub async fn computer(&self, name: &str, clock: &TestClock) -> Workstation {
        let workstation = start(&self.data_dir(name), clock);
        let set_up = SetUp {
            server_ca: None,
            server_url: self.house.server_url(),
            enrolment_code: self.house.enrolment_code().unwrap(),
            workstation_name: name.to_owned(),
        };
        workstation.set_up(set_up).await.unwrap();
        workstation
    }
}

/// The system's time, and some hours more.
#[derive(Clone, Default)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub fn hours_later(&self, hours: i64) {
        self.0.fetch_add(hours * 3_600_000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> UtcInstant {
        UtcInstant(SystemClock.now().0 + self.0.load(Ordering::SeqCst))
    }
}

/// Starts the app again on a folder.
pub fn start(data_dir: &Path, clock: &TestClock) -> Workstation {
    try_start(data_dir, clock).unwrap()
}

pub fn try_start(data_dir: &Path, clock: &TestClock) -> Result<Workstation, Error> {
    std::fs::create_dir_all(data_dir).unwrap();
    Workstation::start(Config { clock: Arc::new(clock.clone()), ..Config::of_folder(data_dir).unwrap() })
}

pub async fn sign_in(workstation: &Workstation, person: &Person) -> Result<(), Error> {
    sign_in_with(workstation, person, person.password).await
}

pub async fn sign_in_with(workstation: &Workstation, person: &Person, password: &str) -> Result<(), Error> {
    workstation.sign_in(credentials(person, password, None)).await
}

pub fn credentials(person: &Person, password: &str, code: Option<String>) -> Credentials {
    Credentials { username: person.username.into(), password: password.into(), second_factor: code }
}

pub async fn unlock(workstation: &Workstation, password: &str) -> Result<(), Error> {
    workstation.unlock(Unlock { password: password.into() }).await
}

/// Waits for what the page would show.
pub async fn until_state(workstation: &Workstation, want: impl Fn(&AppState) -> bool) -> AppState {
    let deadline = Instant::now() + PATIENCE;
    let mut events = workstation.events();
    loop {
        let state = workstation.app_state().await;
        if let Ok(state) = &state
            && want(state)
        {
            return state.clone();
        }
        let left = deadline.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "still {state:?}; {:?}", workstation.sync_state().await);
        let _ = tokio::time::timeout(left, events.recv()).await;
    }
}

pub async fn until_ready(workstation: &Workstation) {
    until_state(workstation, |state| matches!(state, AppState::Ready { .. })).await;
}

/// Waits for the sync state.
pub async fn until_sync(workstation: &Workstation, want: impl Fn(&SyncState) -> bool) -> SyncState {
    let deadline = Instant::now() + PATIENCE;
    let mut events = workstation.events();
    loop {
        let state = workstation.sync_state().await.unwrap();
        if want(&state) {
            return state;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "still {state:?}");
        let _ = tokio::time::timeout(left, events.recv()).await;
    }
}

pub async fn until_delivered(workstation: &Workstation) {
    until_sync(workstation, |s| s.waiting == 0 && s.connection == Connection::Online).await;
}

pub async fn until_offline(workstation: &Workstation) {
    until_sync(workstation, |s| matches!(s.connection, Connection::Offline { .. })).await;
}

/// Registers somebody, with nil ids as the page sends them.
pub async fn register(workstation: &Workstation, family: &str) -> Result<PatientId, Error> {
    let args = RegisterPatient {
        patient_id: PatientId(Uuid::nil()),
        details: PatientDetails {
            title: None,
            family_name: family.into(),
            given_name: Some("Ruby".into()),
            preferred_name: None,
            birth_date: None,
            birth_date_accuracy: BirthDateAccuracy::Exact,
            sex: Sex::Female,
            gender: None,
            pronouns: None,
            indigenous_status: None,
            interpreter_language: None,
            usual_practitioner_id: None,
        },
        parts: PatientParts::default(),
    };
    let written = workstation.register_patient(args).await?;
    assert!(!written.id.is_nil(), "the shell gives a new id for a nil one");
    Ok(PatientId(written.id))
}

/// How many people of this name the desk finds.
pub async fn found(workstation: &Workstation, family: &str) -> usize {
    let query = SearchPatients { query: family.into(), limit: 20 };
    workstation.search_patients(query).await.unwrap().len()
}
