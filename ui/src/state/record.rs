//! The clinical record of the patient who is open, which tab and form show, and the note that is being written.

pub(crate) mod editor;
pub(crate) mod letter;

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::role::{Action, Grant, Noun};
use wattle_domain::{AppointmentId, NoteId, PatientId};
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::record::{ClinicalRecord, LetterPart, NoteDraft, RecordQuery};

use crate::ipc;
use crate::ipc::Answer;
use crate::state::billing::MAY_READ_ACCOUNTS;
use crate::state::desk::{Desk, Page};
use crate::state::live::Live;
use crate::state::patients::Patients;
use editor::Editor;
use letter::Letter;

/// What one may see of the record with.
pub(crate) const MAY_READ: Grant = (Noun::ClinicalRecord, Action::Read);

/// The tabs of a patient's page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tab {
    /// What matters now.
    Summary,
    /// Notes, and the one that is being written.
    Notes,
    /// Medicines.
    Medicines,
    /// What was measured.
    Observations,
    /// Results that came in.
    Results,
    /// Scans, letters of others, pictures.
    Documents,
    /// Letters, and the record out of the house.
    Letters,
    /// Everything, in the order of time.
    Timeline,
    /// Bookings.
    Appointments,
    /// Phones, addresses, cards.
    Contacts,
    /// Bills and payments, for those who may read them.
    Account,
}

impl Tab {
    /// In their order, as the digits call them; [`Tab::Account`] has none left.
    pub(crate) const ALL: [Self; 10] = [
        Self::Summary,
        Self::Notes,
        Self::Medicines,
        Self::Observations,
        Self::Results,
        Self::Documents,
        Self::Letters,
        Self::Timeline,
        Self::Appointments,
        Self::Contacts,
    ];

    /// Those that somebody has.
    pub(crate) fn of(desk: Desk) -> Vec<Self> {
        let account = desk.may(MAY_READ_ACCOUNTS).then_some(Self::Account);
        Self::ALL.into_iter().chain(account).collect()
    }

    /// What it is called.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Summary => "Summary",
            Self::Notes => "Notes",
            Self::Medicines => "Medicines",
            Self::Observations => "Observations",
            Self::Results => "Results",
            Self::Letters => "Letters",
            Self::Timeline => "Timeline",
            Self::Appointments => "Appointments",
            Self::Contacts => "Contacts",
            Self::Documents => "Documents",
            Self::Account => "Account",
        }
    }

    /// For scripts.
    pub(crate) fn test_id(self) -> String {
        format!("tab-{}", self.label().to_lowercase())
    }
}

/// The form that stands open above the tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// None.
    None,
    /// An allergy.
    Allergy,
    /// A problem.
    Problem,
    /// A medicine.
    Medicine,
    /// Measured values.
    Values,
    /// A recall.
    Recall,
    /// A result.
    Result,
}

/// The record of whoever is open.
#[derive(Clone, Copy)]
pub(crate) struct Record {
    /// The desk.
    pub(crate) desk: Desk,
    /// Who is open, for those who may read records.
    pub(crate) patient: Memo<Option<PatientId>>,
    live: Live<ClinicalRecord>,
    /// Which tab shows.
    pub(crate) tab: RwSignal<Tab>,
    /// Which form stands open.
    pub(crate) form: RwSignal<Form>,
    /// Everything is asked for, not the newest alone.
    pub(crate) all: RwSignal<bool>,
    /// The note that is being written.
    pub(crate) editor: RwSignal<Option<Editor>>,
    /// A consultation that was started just now: its note is begun once the record is here.
    pub(crate) consulting: RwSignal<Option<(PatientId, AppointmentId)>>,
    /// Letters that are being written, one for each patient.
    pub(crate) letters: RwSignal<BTreeMap<PatientId, Letter>>,
    /// Drafts of letters that were filed or thrown away here, while the record may still tell of them.
    left: StoredValue<Vec<NoteId>>,
    owner: StoredValue<Option<Owner>>,
}

impl Record {
    /// Begins to follow who is open.
    pub(crate) fn new(desk: Desk, patients: Patients) -> Self {
        let patient = Memo::new(move |_| {
            let shown = patients.open.get().filter(|_| desk.page.get() == Page::Patients);
            shown.filter(|id| desk.may(MAY_READ) && !patients.is_shut(*id))
        });
        let all = RwSignal::new(false);
        let live = Live::new(
            move || patient.get().map(|id| (id, all.get(), desk.record_moved())),
            |(patient_id, all, _)| ipc::record::clinical_record(RecordQuery { patient_id, all }),
        );
        let record = Self {
            desk,
            patient,
            live,
            tab: RwSignal::new(Tab::Summary),
            form: RwSignal::new(Form::None),
            all,
            editor: RwSignal::new(None),
            consulting: RwSignal::new(None),
            letters: RwSignal::new(BTreeMap::new()),
            left: StoredValue::new(Vec::new()),
            owner: StoredValue::new(Owner::current()),
        };
        // Another patient begins at the summary, with no form open.
        Effect::new(move |before: Option<Option<PatientId>>| {
            let now = patients.open.get();
            if let (Some(before), Some(now)) = (before.flatten(), now)
                && before != now
            {
                record.tab.set(Tab::Summary);
                record.form.set(Form::None);
                all.set(false);
            }
            // Between two looks at the same person nothing is closed.
            now.or(before.flatten())
        });
        Effect::new(move |_| record.follow());
        record
    }

    /// What is in the record, when it is that of the patient who is open.
    pub(crate) fn get(self) -> Option<ClinicalRecord> {
        let open = self.patient.get()?;
        self.live.value.with(|r| r.as_ref().filter(|r| r.patient_id == open).cloned())
    }

    /// The same, for one part.
    pub(crate) fn with<T>(self, part: impl FnOnce(&ClinicalRecord) -> T) -> Option<T> {
        let open = self.patient.get()?;
        self.live.value.with(|r| r.as_ref().filter(|r| r.patient_id == open).map(part))
    }

    /// Why it could not be read.
    pub(crate) fn fault(self) -> Option<wattle_protocol::ipc::CommandError> {
        self.live.fault.get()
    }

    /// The editor belongs to the patient who is open: a draft comes back, an empty page else. What was signed is done with.
    fn follow(self) {
        let Some((patient, drafts)) = self.with(|r| (r.patient_id, r.drafts.clone())) else { return };
        let (letters, drafts): (Vec<_>, Vec<_>) = drafts.into_iter().partition(|d| d.letter.is_some());
        let left = self.left.get_value();
        let is_blank = |d: &NoteDraft| d.body.trim().is_empty() && d.letter == Some(LetterPart::default());
        if let Some(letter) = letters.into_iter().find(|d| !left.contains(&d.note_id) && !is_blank(d)) {
            self.open_letter(letter);
        }
        let before = self.editor.get();
        let signed = before.filter(|e| e.signed.get()).map(|e| e.note_id.get_untracked());
        if before.is_none_or(|e| e.patient_id != patient || signed.is_some()) {
            let mut waiting =
                drafts.into_iter().filter(|d| Some(d.note_id) != signed && !d.body.trim().is_empty());
            // After a signature an empty page, and other drafts are offered below it.
            let draft = waiting.next().filter(|_| signed.is_none());
            self.open_draft(draft.unwrap_or_else(|| blank(patient)));
        }
        let Some((_, appointment)) = self.consulting.get().filter(|(whose, _)| *whose == patient) else {
            return;
        };
        self.consulting.set(None);
        match self.editor.get_untracked().filter(|e| e.amends.is_none() && e.supersedes.is_none()) {
            // What was begun about this patient goes on.
            Some(begun) => begun.appointment_id.set(Some(appointment)),
            None => self.begin(Begin::Consultation(appointment)),
        }
        self.tab.set(Tab::Notes);
    }

    /// Puts a draft on the desk; what is there is saved first.
    pub(crate) fn open_draft(self, draft: NoteDraft) {
        if let Some(before) = self.editor.get_untracked() {
            before.save();
        }
        let make = || Editor::new(self.desk, draft);
        let editor = match self.owner.get_value() {
            Some(owner) => owner.with(make),
            None => make(),
        };
        self.editor.set(Some(editor));
    }

    /// A new text after or instead of a note, or of a consultation.
    pub(crate) fn begin(self, from: Begin) {
        let Some(patient) = self.patient.get_untracked() else { return };
        let mut draft = blank(patient);
        match from {
            Begin::Consultation(appointment) => draft.appointment_id = Some(appointment),
            Begin::Addendum(note) => draft.amends = Some(note),
            Begin::Instead(note, body) => {
                draft.supersedes = Some(note);
                draft.body = body;
            }
        }
        self.open_draft(draft);
        self.tab.set(Tab::Notes);
    }

    /// Begins a letter about the patient who is open, or goes on with it.
    pub(crate) fn write_letter(self) {
        let Some(patient) = self.patient.get_untracked() else { return };
        self.open_letter(NoteDraft { letter: Some(LetterPart::default()), ..blank(patient) });
        self.tab.set(Tab::Letters);
    }

    /// Puts a draft of a letter on the desk, unless one about the same patient is there.
    fn open_letter(self, draft: NoteDraft) {
        let patient = draft.patient_id;
        if self.letters.with_untracked(|all| all.contains_key(&patient)) {
            return;
        }
        let make = || Letter::new(self.desk, draft, move |id| self.forget_letter(patient, id));
        let letter = match self.owner.get_value() {
            Some(owner) => owner.with(make),
            None => make(),
        };
        self.letters.update(|all| {
            all.insert(patient, letter);
        });
    }

    /// Throws the letter about a patient away.
    pub(crate) fn discard_letter(self, patient: PatientId) {
        let Some(letter) = self.letters.with_untracked(|all| all.get(&patient).copied()) else { return };
        let id = letter.editor.note_id.get_untracked();
        // With nothing in its boxes there is nothing that would be saved anew.
        letter.recipient.set(String::new());
        letter.subject.set(String::new());
        letter.provider.set(None);
        letter.editor.discard();
        self.forget_letter(patient, id);
    }

    /// Is done with the letter about a patient.
    fn forget_letter(self, patient: PatientId, id: NoteId) {
        self.left.update_value(|left| left.push(id));
        self.letters.update(|all| {
            all.remove(&patient);
        });
    }

    /// Opens a form, or closes the one that is open.
    pub(crate) fn ask(self, form: Form) {
        self.form.update(|open| *open = if *open == form { Form::None } else { form });
    }

    /// Does one thing, says so, closes the form.
    pub(crate) fn write(
        self,
        busy: RwSignal<bool>,
        said: &'static str,
        what: impl Future<Output = Answer<Written>> + 'static,
    ) {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            match what.await {
                Ok(_) => {
                    if !said.is_empty() {
                        self.desk.toasts.done(said, Vec::new());
                    }
                    self.form.try_set(Form::None);
                }
                Err(error) => self.desk.toasts.fault(&error),
            }
            busy.try_set(false);
        });
    }
}

/// How a text begins.
pub(crate) enum Begin {
    /// In a consultation.
    Consultation(AppointmentId),
    /// As an addendum of a note.
    Addendum(NoteId),
    /// Instead of a note, with what that one says.
    Instead(NoteId, String),
}

fn blank(patient_id: PatientId) -> NoteDraft {
    NoteDraft {
        note_id: NoteId(uuid::Uuid::nil()),
        patient_id,
        appointment_id: None,
        supersedes: None,
        amends: None,
        body: String::new(),
        letter: None,
        saved_at: wattle_domain::UtcInstant(0),
    }
}

/// The record, from anywhere below the desk.
pub(crate) fn record() -> Record {
    expect_context::<Record>()
}
