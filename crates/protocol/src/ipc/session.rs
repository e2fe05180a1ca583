//! Who is at the desk. Commands: `app_state()`, `set_up(SetUp)`, `sign_in(Credentials)`, `sign_in_openid(OpenIdSignIn)`, `lock()`, `unlock(Unlock)`,
//! `sign_out()`, `sync_state()`, `sync_now()`.

use serde::{Deserialize, Serialize};
use wattle_domain::{ClinicZone, FeedSeq, PractitionerId, Role, UserId, UtcInstant};

use super::FaultCode;

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AppState {
    /// This computer is not a workstation yet: ask for server, code and name.
    NeedsSetUp {
        /// A server address that was given beforehand, or empty.
        server_url: String,
        /// A proposed name.
        workstation_name: String,
    },
    /// Ask who it is.
    SignedOut {
        /// The clinic's name, once known.
        clinic_name: Option<String>,
        /// `reception-1`.
        workstation_name: String,
        /// User names that have signed in here before, latest first.
        known_users: Vec<String>,
        /// Something to tell first, for example that the file was damaged.
        notice: Option<FaultCode>,
        /// A code that this computer drew and an admin has to approve before the first sign-in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        own_code: Option<String>,
    },
    /// Signed in; the first copy of the clinic is on its way.
    FirstSync {
        /// How far.
        progress: Progress,
    },
    /// The desk.
    Ready {
        /// Who and where.
        session: Session,
    },
    /// The desk, with a curtain before it; sync goes on.
    Locked {
        /// Who and where.
        session: Session,
    },
}

/// Who is signed in, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who.
    pub user: UserId,
    /// Name of the account.
    pub username: String,
    /// `Maria Costa`.
    pub display_name: String,
    /// As what.
    pub roles: Vec<Role>,
    /// Their column in the day book, if they have one.
    pub practitioner_id: Option<PractitionerId>,
    /// The clinic.
    pub clinic_name: String,
    /// Its zone.
    pub zone: ClinicZone,
    /// This computer.
    pub workstation_name: String,
    /// Until when they may sign in with no server.
    pub offline_lease_until: UtcInstant,
    /// Somebody else set their password and knows it.
    #[serde(default)]
    pub password_given: bool,
}

/// A first sync, told truthfully.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Rows written so far.
    pub rows: u64,
    /// Rows in all; 0 while not known.
    pub of_rows: u64,
    /// Milliseconds since it began.
    pub elapsed_ms: u64,
    /// Bytes fetched so far, of a first sync by pages.
    #[serde(default)]
    pub bytes: u64,
    /// Bytes in all; 0 while not known, and when rows are streamed.
    #[serde(default)]
    pub of_bytes: u64,
}

/// Arguments of `set_up`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetUp {
    /// `https://…` (plain `http` only to this computer).
    pub server_url: String,
    /// The code that an admin gave; empty: this computer draws one, and an admin approves it.
    pub enrolment_code: String,
    /// `reception-1`.
    pub workstation_name: String,
    /// PEM certificates of the clinic's own authority, where the server's certificate is one of its: from then on no other
    /// is trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_ca: Option<String>,
}

/// Arguments of `sign_in`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// Name of the account.
    pub username: String,
    /// Password.
    pub password: String,
    /// The six digits of an authenticator app, after [`FaultCode::SecondFactor`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_factor: Option<String>,
}

/// Arguments of `sign_in_openid`, which opens the system's browser and waits for it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenIdSignIn {
    /// The password of this computer: theirs if they have one here, else a new one of 10 characters or more.
    pub password: String,
}

/// Arguments of `unlock`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unlock {
    /// Password of the person who is signed in.
    pub password: String,
}

/// The sync state that is always on the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncState {
    /// How it stands with the server.
    pub connection: Connection,
    /// Commands here without a verdict.
    pub waiting: u64,
    /// When the oldest of them was made.
    pub oldest_waiting_at: Option<UtcInstant>,
    /// Last good answer of the server.
    pub last_contact_at: Option<UtcInstant>,
    /// Things in *Needs attention*.
    pub attention: u64,
    /// The workstation's clock minus the server's, milliseconds; shown when it is more than a minute.
    pub clock_skew_ms: Option<i64>,
    /// Feeds and where this workstation is in them, for the curious.
    pub cursors: Vec<(String, FeedSeq)>,
    /// The server's last commit of each feed, as far as it was heard.
    #[serde(default)]
    pub heads: Vec<(String, FeedSeq)>,
    /// Kinds of work that are failing now, or failed and have not gone well since.
    #[serde(default)]
    pub faults: Vec<SyncFault>,
    /// When the next try is, while something waits for one.
    #[serde(default)]
    pub next_try_at: Option<UtcInstant>,
}

/// One kind of work that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncFault {
    /// `session`, `refresh`, `push`, `pull`, `live`, `tidy`.
    pub work: String,
    /// `unreachable`, `garbled`, `store`, or the server's `ErrorCode` by its wire name.
    pub code: String,
    /// When it last failed.
    pub at: UtcInstant,
    /// How often in a row.
    pub times: u32,
}

/// How it stands with the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Connection {
    /// Trying.
    #[default]
    Connecting,
    /// Live.
    Online,
    /// Not reachable.
    Offline {
        /// Since when.
        since: UtcInstant,
    },
    /// The server wants a newer app.
    UpgradeRequired,
    /// The person must sign in again for the server's sake; work goes on here.
    SignInAgain,
    /// An admin has stopped this workstation's sync.
    Suspended,
}
