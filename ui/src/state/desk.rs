//! The frame: who is here, how the sync stands, what time it is, which page shows.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::role::Grant;
use wattle_domain::{ClinicDate, ClinicZone, PatientId, TableName, UserId, UtcInstant};
use wattle_protocol::ipc::event::{Changed, Event};
use wattle_protocol::ipc::session::{AppState, Session, SyncState};

use crate::state::print::Print;
use crate::state::theme::{Theme, theme};
use crate::state::toasts::Toasts;
use crate::state::undo::Undo;
use crate::{clock, ipc};

/// The pages of the rail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// The book.
    DayBook,
    /// Who is here.
    Waiting,
    /// Patients.
    Patients,
    /// Results that wait for an action.
    Results,
    /// Scans that wait for a patient.
    Scans,
    /// The address book, and letters to begin with.
    Addresses,
    /// What somebody must look at.
    Attention,
    /// How it stands with the server.
    Sync,
    /// Who works here, and at which computers.
    People,
    /// Who did and looked at what.
    Audit,
    /// One's own sign-in.
    Codes,
    /// Every key.
    Help,
}

/// What fills the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The shell has not answered yet.
    Starting,
    /// Not a workstation yet.
    SetUp,
    /// Nobody is signed in.
    SignIn,
    /// The first copy is on its way.
    FirstSync,
    /// The desk of somebody, with or without the curtain.
    Desk(UserId),
}

/// What every part of the page may look at.
#[derive(Clone, Copy)]
pub(crate) struct Desk {
    /// As the shell says; `None` until it answers.
    pub(crate) app: RwSignal<Option<AppState>>,
    /// What fills the window.
    pub(crate) stage: Memo<Stage>,
    /// Who is signed in, also behind the curtain.
    pub(crate) session: Memo<Option<Session>>,
    /// The curtain is drawn.
    pub(crate) locked: Memo<bool>,
    /// The clinic's zone.
    pub(crate) zone: Memo<ClinicZone>,
    /// How it stands with the server.
    pub(crate) sync: RwSignal<Option<SyncState>>,
    /// The time, every second.
    pub(crate) now: RwSignal<UtcInstant>,
    /// The time, every minute: for what need not move each second.
    pub(crate) minute: Memo<UtcInstant>,
    /// The clinic's day today.
    pub(crate) today: Memo<ClinicDate>,
    /// Which page.
    pub(crate) page: RwSignal<Page>,
    /// The search over everything is open.
    pub(crate) search: RwSignal<bool>,
    /// Messages.
    pub(crate) toasts: Toasts,
    /// What can be undone.
    pub(crate) undo: Undo,
    /// What is being printed.
    pub(crate) print: Print,
    /// Light or dark.
    pub(crate) theme: RwSignal<Theme>,
    /// When the restricted record that is open shuts by itself.
    pub(crate) shuts_at: RwSignal<Option<UtcInstant>>,
    moved: RwSignal<Moved>,
}

/// How often something in an area has moved; a query that reads its number is fetched again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Moved {
    book: u32,
    patients: u32,
    attention: u32,
    record: u32,
    documents: u32,
    addresses: u32,
    scans: u32,
    billing: u32,
}

/// Tables that the day book and the waiting room draw.
const OF_BOOK: [TableName; 8] = [
    TableName::Appointment,
    TableName::Practitioner,
    TableName::AppointmentType,
    TableName::Location,
    TableName::SessionTemplate,
    TableName::Patient,
    TableName::Alert,
    TableName::Restriction,
];
/// Tables that a patient's record draws.
const OF_PATIENTS: [TableName; 11] = [
    TableName::Patient,
    TableName::PatientContact,
    TableName::PatientIdentifier,
    TableName::Address,
    TableName::Alert,
    TableName::Appointment,
    TableName::UserName,
    TableName::Recall,
    TableName::Consent,
    TableName::Restriction,
    TableName::BrokenGlass,
];
/// Tables that a clinical record draws.
const OF_RECORD: [TableName; 10] = [
    TableName::Allergy,
    TableName::Condition,
    TableName::Medication,
    TableName::Observation,
    TableName::ClinicalNote,
    TableName::Letter,
    TableName::InboxItem,
    TableName::UserName,
    TableName::Restriction,
    TableName::BrokenGlass,
];

/// Tables that a patient's account draws.
const OF_BILLING: [TableName; 6] = [
    TableName::Invoice,
    TableName::InvoiceItem,
    TableName::Payment,
    TableName::Practitioner,
    TableName::Restriction,
    TableName::BrokenGlass,
];

/// Tables that the list of documents draws.
const OF_DOCUMENTS: [TableName; 3] = [TableName::Document, TableName::DeskDocument, TableName::UserName];

/// Tables that the address book and the list of templates draw.
const OF_ADDRESSES: [TableName; 2] = [TableName::ExternalProvider, TableName::LetterTemplate];

impl Desk {
    /// Asks the shell how things stand and listens to it from now on.
    pub(crate) fn start() -> Self {
        let app = RwSignal::new(None::<AppState>);
        let now = RwSignal::new(clock::now());
        let session = Memo::new(move |_| {
            app.with(|app| match app {
                Some(AppState::Ready { session } | AppState::Locked { session }) => Some(session.clone()),
                _ => None,
            })
        });
        let zone = Memo::new(move |_| session.with(|s| s.as_ref().map(|s| s.zone).unwrap_or_default()));
        let desk = Self {
            app,
            stage: Memo::new(move |_| app.with(|app| stage(app.as_ref()))),
            session,
            locked: Memo::new(move |_| app.with(|app| matches!(app, Some(AppState::Locked { .. })))),
            zone,
            sync: RwSignal::new(None),
            now,
            minute: Memo::new(move |_| UtcInstant(now.get().0 / 60_000 * 60_000)),
            today: Memo::new(move |_| zone.get().date(now.get())),
            page: RwSignal::new(Page::DayBook),
            search: RwSignal::new(false),
            toasts: Toasts::new(),
            undo: Undo::new(),
            print: Print::new(),
            theme: theme(),
            shuts_at: RwSignal::new(None),
            moved: RwSignal::new(Moved::default()),
        };
        set_interval(move || desk.tick(), Duration::from_secs(1));
        ipc::event::listen(move |event| desk.on_event(event));
        desk.refresh();
        desk
    }

    /// A second has passed. A door that shuts by itself moves no row: what is behind it is asked for anew.
    fn tick(self) {
        let now = clock::now();
        self.now.set(now);
        if self.shuts_at.get_untracked().is_some_and(|at| at <= now) {
            self.shuts_at.set(None);
            self.moved.update(|m| {
                m.patients += 1;
                m.record += 1;
                m.billing += 1;
            });
        }
    }

    /// Asks for the state of the app and of the sync.
    pub(crate) fn refresh(self) {
        spawn_local(async move {
            match ipc::session::app_state().await {
                Ok(state) => self.app.set(Some(state)),
                Err(error) => self.toasts.fault(&error),
            }
            if let Ok(sync) = ipc::session::sync_state().await {
                self.sync.set(Some(sync));
            }
        });
    }

    fn on_event(self, event: Event) {
        match event {
            Event::Changed(changed) => self.on_changed(&changed),
            Event::Sync(state) => self.sync.set(Some(state)),
            Event::App(state) => self.app.set(Some(state)),
            Event::Scans => self.moved.update(|m| m.scans += 1),
        }
    }

    fn on_changed(self, changed: &Changed) {
        let any = |tables: &[TableName]| tables.iter().any(|t| changed.touches(*t));
        let (book, patients, record) = (any(&OF_BOOK), any(&OF_PATIENTS), any(&OF_RECORD));
        let (documents, addresses) = (any(&OF_DOCUMENTS), any(&OF_ADDRESSES));
        let billing = any(&OF_BILLING);
        let attention = any(&[TableName::Conflict, TableName::RecordConflict]);
        self.moved.update(|m| {
            m.book += u32::from(book);
            m.patients += u32::from(patients);
            m.record += u32::from(record);
            m.documents += u32::from(documents);
            m.addresses += u32::from(addresses);
            m.billing += u32::from(billing);
            // One whose document was refused waits again.
            m.scans += u32::from(documents);
            m.attention += u32::from(attention || patients || book || record);
        });
    }

    /// Reads how often the book has moved.
    pub(crate) fn book_moved(self) -> u32 {
        self.moved.with(|m| m.book)
    }

    /// Reads how often patients have moved.
    pub(crate) fn patients_moved(self) -> u32 {
        self.moved.with(|m| m.patients)
    }

    /// Reads how often clinical records have moved.
    pub(crate) fn record_moved(self) -> u32 {
        self.moved.with(|m| m.record)
    }

    /// Reads how often documents have moved.
    pub(crate) fn documents_moved(self) -> u32 {
        self.moved.with(|m| m.documents)
    }

    /// Reads how often the address book or a template has moved.
    pub(crate) fn addresses_moved(self) -> u32 {
        self.moved.with(|m| m.addresses)
    }

    /// Reads how often accounts have moved.
    pub(crate) fn billing_moved(self) -> u32 {
        self.moved.with(|m| m.billing)
    }

    /// Reads how often scans have moved.
    pub(crate) fn scans_moved(self) -> u32 {
        self.moved.with(|m| m.scans)
    }

    /// Reads how often something to look at has moved, here or in the count that the sync state tells.
    pub(crate) fn attention_moved(self) -> (u32, u64) {
        (self.moved.with(|m| m.attention), self.sync.with(|s| s.as_ref().map_or(0, |s| s.attention)))
    }

    /// Whether the person who is signed in may do something.
    pub(crate) fn may(self, grant: Grant) -> bool {
        self.session.with(|s| s.as_ref().is_some_and(|s| s.roles.iter().any(|r| r.may(grant))))
    }

    /// Opens a patient's record.
    pub(crate) fn open_patient(self, patients: crate::state::patients::Patients, id: PatientId) {
        patients.show(id);
        self.page.set(Page::Patients);
    }

    /// Draws the curtain; the sync goes on.
    pub(crate) fn lock(self) {
        spawn_local(async move {
            match ipc::session::lock().await {
                Ok(_) => self.refresh(),
                Err(error) => self.toasts.fault(&error),
            }
        });
    }
}

fn stage(app: Option<&AppState>) -> Stage {
    match app {
        None => Stage::Starting,
        Some(AppState::NeedsSetUp { .. }) => Stage::SetUp,
        Some(AppState::SignedOut { .. }) => Stage::SignIn,
        Some(AppState::FirstSync { .. }) => Stage::FirstSync,
        Some(AppState::Ready { session } | AppState::Locked { session }) => Stage::Desk(session.user),
    }
}

/// The desk, from anywhere below the app.
pub(crate) fn desk() -> Desk {
    expect_context::<Desk>()
}
