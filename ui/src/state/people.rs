//! The clinic's people and computers as the server has them, fetched while somebody looks, and what is done to them; who
//! sees patients, as it stands here.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::json;
use wattle_domain::commands::{EditPractitioner, FieldEdit, RecordPractitioner};
use wattle_domain::role::{Action, Grant, Noun};
use wattle_domain::{PractitionerId, TableName, UserId, WorkstationId};
use wattle_protocol::admin::{Act, Done, Overview};
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::practitioners::{PractitionerEntry, Roster};

use crate::ipc::{self, Answer};
use crate::state::desk::Desk;
use crate::state::live::Live;

/// What others do, and what a computer answers, shows within this time: somebody who has just had one wiped waits for it.
const EVERY_MS: i64 = 5_000;

/// Who keeps the list of those who see patients.
pub(crate) const KEEPS_ROSTER: Grant = (Noun::Practitioner, Action::Write);

/// What stands open on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Open {
    /// Nothing.
    Nothing,
    /// The form of somebody new.
    New,
    /// The roles of somebody.
    Person(UserId),
    /// The question whether a computer should be wiped.
    Wipe(WorkstationId),
    /// The question whether a computer should be taken out of the clinic.
    Revoke(WorkstationId),
    /// The form for the code that a new computer shows.
    Approve,
    /// The form of somebody new who sees patients.
    NewPractitioner,
    /// The form of somebody who sees patients.
    Practitioner(PractitionerId),
    /// The question whether their column should be closed.
    ClosePractitioner(PractitionerId),
    /// A code that was made just now; it is shown once.
    Code(String),
}

/// The page.
#[derive(Clone, Copy)]
pub(crate) struct People {
    desk: Desk,
    /// As the server has them.
    pub(crate) overview: Live<Overview>,
    /// Who sees patients, out of the file at hand.
    pub(crate) roster: Live<Roster>,
    /// What stands open.
    pub(crate) open: RwSignal<Open>,
    /// An act is on its way.
    pub(crate) busy: RwSignal<bool>,
    done: RwSignal<u32>,
}

impl People {
    /// Begins to follow them: again every five seconds, and after each act.
    pub(crate) fn new(desk: Desk) -> Self {
        let done = RwSignal::new(0);
        let tick = Memo::new(move |_| desk.now.get().0 / EVERY_MS);
        // The practice manager keeps the roster, and no accounts.
        let overview = Live::new(
            move || desk.may((Noun::Account, Action::Read)).then(|| (tick.get(), done.get())),
            |_| ipc::people::people(),
        );
        // Whether a change has reached the server shows by the tick.
        let roster = Live::new(
            move || desk.may(KEEPS_ROSTER).then(|| (tick.get(), desk.book_moved(), done.get())),
            |_| ipc::practitioners::practitioners(),
        );
        Self { desk, overview, roster, open: RwSignal::new(Open::Nothing), busy: RwSignal::new(false), done }
    }

    /// Adds somebody who sees patients.
    pub(crate) fn record(self, new: RecordPractitioner) {
        self.write("They have a column in the day book now.", ipc::practitioners::record_practitioner(new));
    }

    /// Changes somebody who sees patients.
    pub(crate) fn edit(self, edit: EditPractitioner, said: &'static str) {
        self.write(said, ipc::practitioners::edit_practitioner(edit));
    }

    /// Closes or opens their column.
    pub(crate) fn set_active(self, entry: &PractitionerEntry, active: bool, said: &'static str) {
        let id = entry.practitioner.id;
        let edit = FieldEdit {
            table: TableName::Practitioner,
            row_id: id.0,
            field: "active".to_owned(),
            seen_rev: entry.rev,
            was: json!(entry.practitioner.active),
            now: json!(active),
        };
        self.edit(
            EditPractitioner { practitioner_id: id, edits: vec![edit], provider_numbers: Vec::new() },
            said,
        );
    }

    fn write(self, said: &'static str, saving: impl Future<Output = Answer<Written>> + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            match saving.await {
                Ok(_) => {
                    self.desk.toasts.done(said, Vec::new());
                    self.open.try_set(Open::Nothing);
                }
                Err(error) => self.desk.toasts.fault(&error),
            }
            self.busy.try_set(false);
            self.done.try_update(|n| *n += 1);
        });
    }

    /// Does one thing; says so where the lists do not show it, and what then stands open.
    pub(crate) fn see_to(self, act: Act, said: &'static str, then: impl FnOnce(Done) -> Open + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            match ipc::people::see_to(act).await {
                Ok(done) => {
                    if !said.is_empty() {
                        self.desk.toasts.done(said, Vec::new());
                    }
                    self.open.try_set(then(done));
                }
                Err(error) => self.desk.toasts.fault(&error),
            }
            self.busy.try_set(false);
            self.done.try_update(|n| *n += 1);
        });
    }
}
