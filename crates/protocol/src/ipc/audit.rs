//! Who did and looked at what. Commands: `audit(AuditQuery) -> AuditPage`, `export_audit(ExportAudit) -> Option<Exported>`.
//! Out of the file, for those whose roles may read the logs: it works without the server too.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wattle_domain::{PatientId, UserId, UtcInstant};

/// Arguments of `audit` and `export_audit`: every filter that is given must agree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditQuery {
    /// About this patient.
    #[serde(default)]
    pub patient: Option<PatientId>,
    /// Done by this person.
    #[serde(default)]
    pub user: Option<UserId>,
    /// Of this kind: a word of the logs.
    #[serde(default)]
    pub action: Option<String>,
    /// Not before.
    #[serde(default)]
    pub from: Option<UtcInstant>,
    /// Before.
    #[serde(default)]
    pub until: Option<UtcInstant>,
    /// Older than this entry: the next page.
    #[serde(default)]
    pub after: Option<(UtcInstant, Uuid)>,
}

/// Some entries, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// At most [`AuditPage::LINES`].
    pub lines: Vec<AuditLine>,
    /// There are older ones.
    pub more: bool,
    /// Everybody who may be filtered by, by name.
    pub users: Vec<(UserId, String)>,
    /// Every kind that occurs.
    pub actions: Vec<String>,
}

impl AuditPage {
    /// Lines of a page.
    pub const LINES: usize = 100;
}

/// One entry of either log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLine {
    /// Its id.
    pub id: Uuid,
    /// When the server heard of it.
    pub at: UtcInstant,
    /// When it was done, by the workstation's clock, where that is known.
    pub issued_at: Option<UtcInstant>,
    /// Who; `None` when nobody knows, as after a wrong password.
    pub user: Option<UserId>,
    /// Their name.
    pub user_name: Option<String>,
    /// As what, words joined by commas; empty in the log of access.
    pub role: String,
    /// Where.
    pub workstation_name: Option<String>,
    /// A word of ours.
    pub action: String,
    /// The patient.
    pub patient: Option<PatientId>,
    /// `Costa, Maria`, for those who may see patients.
    pub patient_name: Option<String>,
    /// The verdict, for a command.
    pub outcome: Option<String>,
    /// What changed (`patient.phone`), or what the entry says more: words and names, never a value of a record.
    pub more: Vec<String>,
    /// What a person gave as the reason.
    pub reason: Option<String>,
    /// The entry's hash, for comparison with the server's.
    pub hash: String,
}

/// Arguments of `export_audit`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportAudit {
    /// Which entries; [`AuditQuery::after`] is not looked at.
    pub query: AuditQuery,
    /// Ask where with the system's dialog; else it goes to the downloads.
    pub ask: bool,
}

/// What came of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported {
    /// Where it is.
    pub path: String,
    /// Entries in it.
    pub lines: u64,
}
