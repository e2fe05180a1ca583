//! What the *Log* page shows, and by what it is filtered.

use leptos::prelude::*;
use uuid::Uuid;
use wattle_domain::{PatientId, UserId, UtcInstant};
use wattle_protocol::ipc::audit::{AuditPage, AuditQuery};

use crate::ipc;
use crate::state::desk::Desk;
use crate::state::live::Live;

/// New entries show within this time.
const EVERY_MS: i64 = 10_000;
const DAY_MS: i64 = 24 * 3_600_000;

/// The page.
#[derive(Clone, Copy)]
pub(crate) struct Audit {
    desk: Desk,
    /// What was found.
    pub(crate) page: Live<AuditPage>,
    /// Days back; 0 for everything.
    pub(crate) days: RwSignal<i64>,
    /// Only what this person did.
    pub(crate) user: RwSignal<Option<UserId>>,
    /// Only this kind.
    pub(crate) action: RwSignal<Option<String>>,
    /// Only what is about this patient, with what they are called.
    pub(crate) patient: RwSignal<Option<(PatientId, String)>>,
    /// Only what is older than this.
    pub(crate) after: RwSignal<Option<(UtcInstant, Uuid)>>,
}

impl Audit {
    /// Begins to follow them.
    pub(crate) fn new(desk: Desk) -> Self {
        let tick = Memo::new(move |_| desk.now.get().0 / EVERY_MS);
        let (days, user, action) = (RwSignal::new(7), RwSignal::new(None), RwSignal::new(None));
        let (patient, after) = (RwSignal::new(None), RwSignal::new(None));
        let query = move || {
            Some((
                tick.get(),
                AuditQuery {
                    patient: patient.with(|p: &Option<(PatientId, String)>| p.as_ref().map(|p| p.0)),
                    user: user.get(),
                    action: action.get(),
                    from: from(days.get(), desk.minute.get()),
                    until: None,
                    after: after.get(),
                },
            ))
        };
        let page = Live::new(query, |(_, query)| ipc::audit::audit(query));
        Self { desk, page, days, user, action, patient, after }
    }

    /// What is asked for now, of all pages.
    pub(crate) fn query(self) -> AuditQuery {
        AuditQuery {
            patient: self.patient.with_untracked(|p| p.as_ref().map(|p| p.0)),
            user: self.user.get_untracked(),
            action: self.action.get_untracked(),
            from: from(self.days.get_untracked(), self.desk.minute.get_untracked()),
            until: None,
            after: None,
        }
    }
}

fn from(days: i64, now: UtcInstant) -> Option<UtcInstant> {
    (days > 0).then(|| UtcInstant(now.0 - days * DAY_MS))
}
