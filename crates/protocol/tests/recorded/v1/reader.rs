//! What the app of protocol 1 reads of an answer, copied from it as of its release. Never changed again: as long as
//! protocol 1 is served, these must take what the server says.
#![allow(dead_code)]

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

pub type Cursors = BTreeMap<FeedClass, u64>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedClass {
    Ref,
    Front,
    Clinical,
    Billing,
    Admin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Reception,
    Nurse,
    Practitioner,
    PracticeManager,
    Admin,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SignedIn {
    pub access_token: String,
    pub access_until: i64,
    pub refresh_token: String,
    pub clinic: Uuid,
    pub clinic_name: String,
    pub user: Uuid,
    pub display_name: String,
    pub roles: Vec<Role>,
    pub workstation: Uuid,
    pub workstation_name: String,
    pub offline_lease_until: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FeedHead {
    pub feed: FeedClass,
    pub head: u64,
    pub horizon: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkstationState {
    Ok,
    Suspended,
    Wipe,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Welcome {
    pub epoch: String,
    pub server_time: i64,
    pub feeds: Vec<FeedHead>,
    pub removed: Vec<FeedClass>,
    pub workstation: WorkstationState,
    pub offline_lease_until: i64,
    pub min_app_version: String,
    pub roles: Vec<Role>,
    pub last_n: u64,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "frame", rename_all = "snake_case")]
pub enum Frame {
    Whole { feed: FeedClass, rows: u64 },
    Rows { feed: FeedClass, table: String, columns: Vec<String>, rows: Vec<Vec<Value>> },
    Gone { feed: FeedClass, table: String, ids: Vec<Uuid> },
    Page { feed: FeedClass, to: u64 },
    Checkpoint { cursors: Cursors, answers: Vec<Answer>, complete: bool },
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    Applied,
    Merged,
    Conflict { conflicts: Vec<Uuid> },
    Rejected { rejection: Rejection },
    Deferred { on: Uuid },
    Quarantined,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectionCode {
    NotAllowed,
    NotFound,
    AlreadyExists,
    SlotTaken,
    Moved,
    WrongState,
    Invalid,
    AlreadyResolved,
    IdentifierTaken,
    #[serde(other)]
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FreeSlot {
    pub practitioner_id: Uuid,
    pub start_at: i64,
    pub end_at: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Rejection {
    pub code: RejectionCode,
    #[serde(default)]
    pub free: Vec<FreeSlot>,
    #[serde(default)]
    pub field: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Answer {
    pub command_id: Uuid,
    #[serde(flatten)]
    pub verdict: Verdict,
    #[serde(default)]
    pub duplicate: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Pushed {
    pub answers: Vec<Answer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Hint {
    pub feed: FeedClass,
    pub head: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ApiFault {
    pub code: String,
    pub correlation_id: String,
    #[serde(default)]
    pub retry_after_s: Option<u32>,
}
