//! A note or a letter that is being written: saved here on every pause; signed, or filed, once.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::commands::SignNote;
use wattle_domain::{AppointmentId, NoteId, PatientId, UtcInstant};
use wattle_protocol::ipc::letters::LetterDraft;
use wattle_protocol::ipc::record::{DiscardDraft, LetterPart, NoteDraft};

use crate::ipc;
use crate::ipc::Answer;
use crate::state::desk::Desk;

/// So long a pause must be that what is typed is saved, milliseconds.
const PAUSE_MS: u64 = 500;

/// The note or the letter on the desk. Its signals belong to the desk and not to the page, so that typing goes on where it was after a
/// look at the day book.
#[derive(Clone, Copy)]
pub(crate) struct Editor {
    desk: Desk,
    /// About whom.
    pub(crate) patient_id: PatientId,
    /// The id that the note will get; nil until it was saved once.
    pub(crate) note_id: RwSignal<NoteId>,
    /// Of which consultation.
    pub(crate) appointment_id: RwSignal<Option<AppointmentId>>,
    /// The note that it replaces.
    pub(crate) supersedes: Option<NoteId>,
    /// The note that it is added to.
    pub(crate) amends: Option<NoteId>,
    /// What is typed.
    pub(crate) body: RwSignal<String>,
    /// It is a letter: to whom, and about what.
    pub(crate) letter: RwSignal<Option<LetterPart>>,
    /// What is on disk.
    saved: RwSignal<(String, Option<LetterPart>)>,
    /// When it was saved last.
    pub(crate) saved_at: RwSignal<Option<UtcInstant>>,
    /// Saving failed; what is typed is only on the screen.
    pub(crate) unsaved: RwSignal<bool>,
    /// It was signed, or filed, here.
    pub(crate) signed: RwSignal<bool>,
    /// It is on its way to disk, or being signed.
    busy: StoredValue<bool>,
    /// It is to be signed or filed, as soon as it is saved.
    pub(crate) signing: RwSignal<bool>,
    pause: StoredValue<u32>,
}

impl Editor {
    /// Takes up a draft.
    pub(crate) fn new(desk: Desk, draft: NoteDraft) -> Self {
        let known = !draft.note_id.0.is_nil();
        Self {
            desk,
            patient_id: draft.patient_id,
            note_id: RwSignal::new(draft.note_id),
            appointment_id: RwSignal::new(draft.appointment_id),
            supersedes: draft.supersedes,
            amends: draft.amends,
            saved: RwSignal::new(if known {
                (draft.body.clone(), draft.letter.clone())
            } else {
                Default::default()
            }),
            body: RwSignal::new(draft.body),
            letter: RwSignal::new(draft.letter),
            saved_at: RwSignal::new(known.then_some(draft.saved_at)),
            unsaved: RwSignal::new(false),
            signed: RwSignal::new(false),
            busy: StoredValue::new(false),
            signing: RwSignal::new(false),
            pause: StoredValue::new(0),
        }
    }

    /// Something was typed: it is saved after a pause.
    pub(crate) fn typed(self, body: String) {
        self.body.set(body);
        self.touched();
    }

    /// Something else of it has changed.
    pub(crate) fn touched(self) {
        let pause = self.pause.get_value().wrapping_add(1);
        self.pause.set_value(pause);
        set_timeout(
            move || {
                if self.pause.try_get_value() == Some(pause) {
                    self.save();
                }
            },
            Duration::from_millis(PAUSE_MS),
        );
    }

    /// Whether everything that is typed is on disk.
    pub(crate) fn is_saved(self) -> bool {
        self.saved.with(|saved| {
            self.body.with(|body| *body == saved.0) && self.letter.with(|part| *part == saved.1)
        })
    }

    /// Whether there is nothing to sign.
    pub(crate) fn is_empty(self) -> bool {
        self.body.with(|body| body.trim().is_empty())
    }

    /// Saves what is typed, now.
    pub(crate) fn save(self) {
        self.work();
    }

    /// Signs it, or files it, once it is saved.
    pub(crate) fn sign(self) {
        if !self.is_empty() && !self.signed.get_untracked() {
            self.signing.set(true);
            self.work();
        }
    }

    /// One thing at a time: what is typed meanwhile is saved after, and a signature comes last.
    fn work(self) {
        if self.busy.get_value() || self.signed.get_untracked() {
            return;
        }
        self.busy.set_value(true);
        spawn_local(async move {
            while self.step().await {}
            self.busy.try_set_value(false);
        });
    }

    /// Whether there is more to do.
    async fn step(self) -> bool {
        let Some(body) = self.body.try_get_untracked() else { return false };
        let letter = self.letter.get_untracked();
        let blank =
            body.trim().is_empty() && letter.as_ref().is_none_or(|part| *part == LetterPart::default());
        let nothing = blank && self.note_id.get_untracked().0.is_nil();
        if !nothing && self.saved.with_untracked(|saved| saved.0 != body || saved.1 != letter) {
            let draft = NoteDraft {
                note_id: self.note_id.get_untracked(),
                patient_id: self.patient_id,
                appointment_id: self.appointment_id.get_untracked(),
                supersedes: self.supersedes,
                amends: self.amends,
                body: body.clone(),
                letter: letter.clone(),
                saved_at: UtcInstant(0),
            };
            return match ipc::record::save_draft(draft).await {
                Ok(saved) => {
                    self.note_id.try_set(saved.note_id);
                    self.saved.try_set((body, letter));
                    self.saved_at.try_set(Some(saved.saved_at));
                    self.unsaved.try_set(false);
                    true
                }
                Err(error) => {
                    self.unsaved.try_set(true);
                    self.signing.try_set(false);
                    self.desk.toasts.fault(&error);
                    false
                }
            };
        }
        if !self.signing.get_untracked() || nothing {
            return false;
        }
        match self.leave(body, letter).await {
            Ok(said) => {
                self.signed.try_set(true);
                self.desk.toasts.done(said, Vec::new());
            }
            Err(error) => self.desk.toasts.fault(&error),
        }
        self.signing.try_set(false);
        false
    }

    /// The draft becomes what it was to be; what is said of it then.
    async fn leave(self, body: String, letter: Option<LetterPart>) -> Answer<&'static str> {
        let (note_id, patient_id) = (self.note_id.get_untracked(), self.patient_id);
        if let Some(LetterPart { provider_id, recipient, subject }) = letter {
            let letter_id = Some(note_id.0.into());
            let letter = LetterDraft { letter_id, patient_id, provider_id, recipient, subject, body };
            ipc::letters::file_letter(letter).await?;
            return Ok("The letter is filed, saved here.");
        }
        let note = SignNote {
            note_id,
            patient_id,
            appointment_id: self.appointment_id.get_untracked(),
            body,
            supersedes: self.supersedes,
            amends: self.amends,
        };
        ipc::record::sign_note(note).await?;
        Ok("Signed. It cannot be changed any more; an addendum can follow.")
    }

    /// Throws the draft away.
    pub(crate) fn discard(self) {
        self.pause.update_value(|pause| *pause = pause.wrapping_add(1));
        let note_id = self.note_id.get_untracked();
        self.body.set(String::new());
        self.saved.set(Default::default());
        self.letter.set(None);
        self.saved_at.set(None);
        self.note_id.set(NoteId(uuid::Uuid::nil()));
        if note_id.0.is_nil() {
            return;
        }
        spawn_local(async move {
            if let Err(error) = ipc::record::discard_draft(DiscardDraft { note_id }).await {
                self.desk.toasts.fault(&error);
            }
        });
    }
}
