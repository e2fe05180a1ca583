//! A letter that is being written. It is a draft as a note is ([`Editor`]): saved here on every pause, there again after a
//! kill, gone once it is filed.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::letter::{merge, unmerged};
use wattle_domain::{NoteId, PatientId, ProviderId};
use wattle_protocol::ipc::letters::{LetterDraft, LetterFieldsQuery, ProviderEntry};
use wattle_protocol::ipc::papers::PaperQuery;
use wattle_protocol::ipc::record::{LetterPart, NoteDraft};

use crate::ipc;
use crate::state::desk::Desk;
use crate::state::print::{About, address};
use crate::state::record::editor::Editor;

/// What is written so far.
#[derive(Clone, Copy)]
pub(crate) struct Letter {
    desk: Desk,
    /// About whom.
    pub(crate) patient_id: PatientId,
    /// Its draft.
    pub(crate) editor: Editor,
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
    /// A preview is on its way.
    previewing: RwSignal<bool>,
    /// It is printed when it is filed.
    print: RwSignal<bool>,
}

impl Letter {
    /// Goes on with a draft; `done` is called when it is filed.
    pub(crate) fn new(desk: Desk, draft: NoteDraft, done: impl Fn(NoteId) + Send + Sync + 'static) -> Self {
        let patient_id = draft.patient_id;
        let LetterPart { provider_id, recipient, subject } = draft.letter.clone().unwrap_or_default();
        let editor = Editor::new(desk, draft);
        let letter = Self {
            desk,
            patient_id,
            editor,
            provider: RwSignal::new(provider_id),
            recipient: RwSignal::new(recipient),
            subject: RwSignal::new(subject),
            body: editor.body,
            pages: RwSignal::new(Vec::new()),
            previewing: RwSignal::new(false),
            print: RwSignal::new(false),
        };
        Effect::new(move |before: Option<()>| {
            let part = LetterPart {
                provider_id: letter.provider.get(),
                recipient: letter.recipient.get(),
                subject: letter.subject.get(),
            };
            letter.body.track();
            // What was just taken up is as it is on the disk.
            if before.is_some() {
                editor.letter.set(Some(part));
                editor.touched();
            }
        });
        Effect::new(move |_| {
            if editor.signed.get() {
                letter.filed();
                done(editor.note_id.get_untracked());
            }
        });
        letter
    }

    /// Whether something is on its way.
    pub(crate) fn is_busy(self) -> bool {
        self.previewing.get() || self.editor.signing.get()
    }

    /// The same for the shell.
    pub(crate) fn draft(self) -> LetterDraft {
        LetterDraft {
            letter_id: None,
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
    pub(crate) fn begin(self, subject: &str, body: &str) {
        self.subject.set(subject.to_owned());
        self.body.set(body.to_owned());
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
        self.previewing.set(true);
        spawn_local(async move {
            match ipc::papers::paper(query).await {
                Ok(paper) => {
                    self.pages.try_set(paper.pages.iter().map(|page| address(page)).collect());
                }
                Err(error) => self.desk.toasts.fault(&error),
            }
            self.previewing.try_set(false);
        });
    }

    /// Files it, and prints it then if asked to.
    pub(crate) fn file(self, print: bool) {
        self.print.set(print);
        self.editor.sign();
    }

    fn filed(self) {
        if self.print.get_untracked() {
            let letter_id = self.editor.note_id.get_untracked().0.into();
            let query = PaperQuery::Letter { letter_id };
            self.desk.print.paper(self.desk, query, About::Patient(self.patient_id));
        }
    }
}
