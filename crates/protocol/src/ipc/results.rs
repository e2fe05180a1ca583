//! The inbox of results. Commands: `results(InboxQuery) -> Inbox`, `record_result`, `action_result`: the domain's commands as
//! they are; a nil id asks the shell for a new one.

use serde::{Deserialize, Serialize};
use wattle_domain::entities::InboxItem;
use wattle_domain::{ClinicDate, PractitionerId};

use super::documents::DocumentRef;

/// Arguments of `results`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxQuery {
    /// Of one practitioner, with those that nobody in particular asked for; of everybody if `None`.
    pub practitioner_id: Option<PractitionerId>,
}

/// What waits for somebody, out of the ordinary first, then the oldest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Inbox {
    /// The items.
    pub items: Vec<InboxLine>,
    /// Practitioners who have something waiting, with their names and how much.
    pub practitioners: Vec<(PractitionerId, String, u64)>,
    /// All that waits in the clinic.
    pub total: u64,
}

/// One item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InboxLine {
    /// What.
    pub item: InboxItem,
    /// `COSTA Maria`.
    pub patient_name: String,
    /// To tell namesakes apart.
    pub birth_date: Option<ClinicDate>,
    /// Who asked for it.
    pub practitioner_name: Option<String>,
    /// The record is restricted and shut to whoever asks: what, from whom and what it says are left out.
    #[serde(default)]
    pub shut: bool,
    /// The scan or file, when it is here and may be seen.
    #[serde(default)]
    pub document: Option<InboxDocument>,
    /// Not yet on the server.
    pub pending: bool,
}

/// The document of a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxDocument {
    /// Which.
    #[serde(flatten)]
    pub document: DocumentRef,
    /// What people call it.
    pub title: String,
    /// What its bytes are.
    pub mime: String,
}
