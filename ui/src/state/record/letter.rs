//! A letter that is being written. It stays while one looks at other patients; closing the window forgets it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::letter::{TEMPLATES, merge, unmerged};
use wattle_domain::{PatientId, ProviderId};
use wattle_protocol::ipc::letters::{LetterDraft, LetterFieldsQuery, ProviderEntry};
use wattle_protocol::ipc::papers::PaperQuery;

use crate::ipc;
use crate::state::desk::Desk;
use crate::state::print::{About, address};

/// What is written so far.
#[derive(Clone, Copy)]
pub(crate) struct Letter {
    desk: Desk,
    /// About whom.
    pub(crate) patient_id: PatientId,
    /// To whom, when they are in the address book.
    pub(crate) provider: RwSignal<Option<ProviderId>>,
    /// Name and address, a line each.
    pub(crate) recipient: RwSignal<String>,
    /// What it is about.
    pub(crate) subject: RwSignal<String>,
    /// What it says.
    pub(crate) body: RwSignal<String>,
    /// The pages as they would look, as addresses of pictures.
    pub(crate) pages: RwSignal<Vec<String>>,
    /// Something is on its way.
    pub(crate) busy: RwSignal<bool>,
}

impl Letter {
    /// An empty one.
    pub(crate) fn new(desk: Desk, patient_id: PatientId) -> Self {
        Self {
            desk,
            patient_id,
            provider: RwSignal::new(None),
            recipient: RwSignal::new(String::new()),
            subject: RwSignal::new(String::new()),
            body: RwSignal::new(String::new()),
            pages: RwSignal::new(Vec::new()),
            busy: RwSignal::new(false),
        }
    }

    /// The same for the shell.
    pub(crate) fn draft(self) -> LetterDraft {
        LetterDraft {
            patient_id: self.patient_id,
            provider_id: self.provider.get_untracked(),
            recipient: self.recipient.get_untracked(),
            subject: self.subject.get_untracked(),
            body: self.body.get_untracked(),
        }
    }

    /// Fields of the template that still stand open.
    pub(crate) fn open_fields(self) -> Vec<String> {
        let fields = |text: RwSignal<String>| {
            text.with(|text| unmerged(text).into_iter().map(str::to_owned).collect::<Vec<_>>())
        };
        [fields(self.subject), fields(self.body)].concat()
    }

    /// Whether it may be filed.
    pub(crate) fn ready(self) -> bool {
        let filled = |text: RwSignal<String>| text.with(|text| !text.trim().is_empty());
        filled(self.recipient) && filled(self.subject) && filled(self.body) && self.open_fields().is_empty()
    }

    /// Begins from a template.
    pub(crate) fn begin(self, id: &str) {
        let Some(template) = TEMPLATES.iter().find(|template| template.id == id) else { return };
        self.subject.set(template.subject.to_owned());
        self.body.set(template.body.to_owned());
        self.fill();
    }

    /// Addresses it to somebody; their name goes where the template has it.
    pub(crate) fn address_to(self, entry: &ProviderEntry) {
        let one = &entry.provider;
        let place = [&one.suburb, &one.state, &one.postcode]
            .into_iter()
            .flatten()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ");
        let lines = [Some(one.name.clone()), one.organisation.clone(), one.line1.clone(), Some(place)];
        let lines: Vec<String> = lines.into_iter().flatten().filter(|line| !line.is_empty()).collect();
        self.recipient.set(lines.join("\n"));
        self.provider.set(Some(one.id));
        self.fill();
    }

    /// Puts in what the open fields stand for.
    pub(crate) fn fill(self) {
        if untrack(move || self.open_fields()).is_empty() {
            return;
        }
        let query =
            LetterFieldsQuery { patient_id: self.patient_id, provider_id: self.provider.get_untracked() };
        spawn_local(async move {
            match ipc::letters::letter_fields(query).await {
                Ok(values) => {
                    self.subject.try_update(|text| *text = merge(text, &values));
                    self.body.try_update(|text| *text = merge(text, &values));
                }
                Err(error) => self.desk.toasts.fault(&error),
            }
        });
    }

    /// Shows how it would look.
    pub(crate) fn preview(self) {
        let query = PaperQuery::Draft(self.draft());
        self.busy.set(true);
        spawn_local(async move {
            match ipc::papers::paper(query).await {
                Ok(paper) => {
                    self.pages.try_set(paper.pages.iter().map(|page| address(page)).collect());
                }
                Err(error) => self.desk.toasts.fault(&error),
            }
            self.busy.try_set(false);
        });
    }

    /// Files it, prints it if asked to, then calls `done`.
    pub(crate) fn file(self, print: bool, done: impl Fn() + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        let (desk, draft, patient) = (self.desk, self.draft(), self.patient_id);
        spawn_local(async move {
            match ipc::letters::file_letter(draft).await {
                Ok(written) => {
                    desk.toasts.done("The letter is filed, saved here.", Vec::new());
                    if print {
                        let letter_id = written.id.into();
                        desk.print.paper(desk, PaperQuery::Letter { letter_id }, About::Patient(patient));
                    }
                    done();
                }
                Err(error) => desk.toasts.fault(&error),
            }
            self.busy.try_set(false);
        });
    }
}
