//! Which patient is open, and the search beside.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::commands::{Access, NoteAccess};
use wattle_domain::{ClinicDate, PatientId, PractitionerId};
use wattle_protocol::ipc::patients::{PatientHit, PatientQuery, PatientRecord, SearchPatients};

use crate::ipc;
use crate::state::desk::{Desk, Page};
use crate::state::live::Live;
use entry::Entry;

pub(crate) mod cell;
pub(crate) mod entry;

/// What stands beside the list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Pane {
    /// Nobody yet.
    Nobody,
    /// A record.
    Record(PatientId),
    /// The form over a record.
    Edit(PatientId),
    /// The form for somebody new, with what was typed in the search, and the slot that waits for them.
    Register {
        /// What was typed in a search.
        typed: String,
        /// The slot to come back to.
        slot: Option<WaitingSlot>,
    },
}

/// A slot of the book that waits until its patient is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WaitingSlot {
    /// Whose.
    pub(crate) practitioner_id: PractitionerId,
    /// Which day.
    pub(crate) date: ClinicDate,
    /// Minute of the day.
    pub(crate) minute: u32,
}

/// The page of patients.
#[derive(Clone, Copy)]
pub(crate) struct Patients {
    /// What is typed.
    pub(crate) query: RwSignal<String>,
    /// What was found.
    pub(crate) hits: Live<Vec<PatientHit>>,
    /// What stands beside.
    pub(crate) pane: RwSignal<Pane>,
    /// Who is open.
    pub(crate) open: Memo<Option<PatientId>>,
    /// The open record.
    pub(crate) record: Live<PatientRecord>,
    /// The form that was begun last: it outlives a look at the day book.
    pub(crate) draft: RwSignal<Option<(Pane, Entry)>>,
    owner: StoredValue<Option<Owner>>,
}

/// How many lines a search shows.
pub(crate) const LINES: u32 = 30;

impl Patients {
    /// Begins with nobody.
    pub(crate) fn new(desk: Desk) -> Self {
        let query = RwSignal::new(String::new());
        let pane = RwSignal::new(Pane::Nobody);
        let hits = Live::new(
            move || {
                let typed = query.get().trim().to_owned();
                let here = desk.page.get() == Page::Patients;
                (here && !typed.is_empty()).then(|| (typed, desk.patients_moved()))
            },
            |(query, _)| ipc::patients::search_patients(SearchPatients { query, limit: LINES }),
        );
        let open = Memo::new(move |_| match pane.get() {
            Pane::Record(id) | Pane::Edit(id) => Some(id),
            _ => None,
        });
        let record = record_of(desk, open);
        note_opened(desk, Memo::new(move |_| open.get().filter(|_| desk.page.get() == Page::Patients)));
        let owner = StoredValue::new(Owner::current());
        Self { query, hits, pane, open, record, draft: RwSignal::new(None), owner }
    }

    /// Whether a record is shut to whoever is at the desk, as far as its page knows.
    pub(crate) fn is_shut(self, id: PatientId) -> bool {
        self.record.value.with(|r| {
            let r = r.as_ref().filter(|r| r.patient.id == id);
            r.and_then(|r| r.restricted).is_some_and(|restricted| restricted.shut)
        })
    }

    /// The form of a pane: the one that was begun, else a new one. Its boxes belong to the desk and not to the page, so that
    /// what is typed is still there after the phone rang.
    pub(crate) fn begin(self, pane: Pane, make: impl FnOnce() -> Entry) -> Entry {
        let begun =
            self.draft.with_untracked(|d| d.as_ref().filter(|(p, _)| *p == pane).map(|(_, e)| e.clone()));
        if let Some(entry) = begun {
            return entry;
        }
        let entry = match self.owner.get_value() {
            Some(owner) => owner.with(make),
            None => make(),
        };
        self.draft.set(Some((pane, entry.clone())));
        entry
    }

    /// The form is saved or left.
    pub(crate) fn end(self) {
        self.draft.set(None);
    }

    /// Opens a record.
    pub(crate) fn show(self, id: PatientId) {
        self.pane.set(Pane::Record(id));
    }
}

/// Each time that a record comes before somebody's eyes goes into the audit log, once, however often it is fetched meanwhile.
fn note_opened(desk: Desk, shown: Memo<Option<PatientId>>) {
    Effect::new(move |_| {
        let Some(patient_id) = shown.get() else { return };
        spawn_local(async move {
            let noted = ipc::patients::note_access(NoteAccess { patient_id, access: Access::Opened }).await;
            if let Err(error) = noted {
                desk.toasts.fault(&error);
            }
        });
    });
}

/// A patient's record, always fresh.
pub(crate) fn record_of(desk: Desk, id: Memo<Option<PatientId>>) -> Live<PatientRecord> {
    Live::new(
        move || id.get().map(|id| (id, desk.patients_moved())),
        |(id, _)| ipc::patients::patient(PatientQuery { id }),
    )
}
