//! `POST /v1/sign-in`, `POST /v1/refresh`, `POST /v1/session`.

use std::collections::BTreeMap;

use crate::openid::Returned;
use crate::push::Signed;
use serde::{Deserialize, Serialize};
use wattle_domain::{ClinicId, FeedClass, FeedSeq, ReplicaId, Role, UserId, UtcInstant, WorkstationId};

/// A person signs in at a workstation. `POST /v1/sign-in`, no token needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// Name of the account, unique in the clinic.
    pub username: String,
    /// In the clear inside TLS; checked against Argon2id in constant time.
    pub password: String,
    /// The six digits of an authenticator app, where the server has asked for them ([`crate::ErrorCode::SecondFactor`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_factor: Option<String>,
    /// Instead of name and password: what the clinic's OpenID provider sent back through the browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openid: Option<Returned>,
    /// The workstation, once enrolled.
    pub workstation: Option<WorkstationId>,
    /// Proof that it is that workstation: made at enrolment, kept in the keyring. Hex of 32 bytes.
    pub workstation_secret: String,
    /// The first time: the code that an admin gave out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolment: Option<Enrolment>,
    /// Public half of the author's Ed25519 key at this workstation, base64 of 32 bytes. Registered at the first sign-in;
    /// later ones may send another after the old was lost.
    pub signing_key: String,
    /// Version of the app.
    pub app_version: String,
}

/// What turns a computer into a workstation of a clinic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// One-time code.
    pub code: String,
    /// `reception-1`.
    pub name: String,
}

/// The answer to a good sign-in, and to a refresh.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// Opaque; goes into `Authorization: Bearer`. Ten minutes.
    pub access_token: String,
    /// When it ends.
    pub access_until: UtcInstant,
    /// Opaque, bound to the workstation, good once.
    pub refresh_token: String,
    /// The clinic.
    pub clinic: ClinicId,
    /// The clinic's name, for the screen.
    pub clinic_name: String,
    /// Who.
    pub user: UserId,
    /// Name of the account, for a person who did not type it; empty from older servers.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// `Maria Costa`.
    pub display_name: String,
    /// As what.
    pub roles: Vec<Role>,
    /// The workstation (new when it was enrolled just now).
    pub workstation: WorkstationId,
    /// Its name.
    pub workstation_name: String,
    /// Until when this person may sign in here with no server.
    pub offline_lease_until: UtcInstant,
    /// Until when no code of an authenticator app is asked for here; `None` for an account without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_factor_until: Option<UtcInstant>,
    /// Somebody else set their password and knows it: they are asked to choose their own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub password_given: bool,
}

/// The shortest password that is taken, characters.
pub const SHORTEST_PASSWORD: usize = 10;

/// `POST /v1/password`: somebody chooses a password of their own.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPassword {
    /// The one they have.
    pub old: String,
    /// The one they want.
    pub new: String,
}

impl std::fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewPassword")
    }
}

/// `POST /v1/refresh`: a new pair of tokens for a refresh token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refresh {
    /// The last one that was given.
    pub refresh_token: String,
    /// The workstation that it is bound to.
    pub workstation: WorkstationId,
}

/// A feed's name within a clinic.
pub type Cursors = BTreeMap<FeedClass, FeedSeq>;

/// `POST /v1/session`: the first word of every connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Version of the app.
    pub app_version: String,
    /// [`crate::PROTOCOL`] of the app.
    pub protocol: u32,
    /// The epoch the cursors belong to; empty at first.
    pub epoch: String,
    /// What the workstation holds.
    pub cursors: Cursors,
    /// Commands without a final verdict.
    pub outbox_len: u64,
    /// For how long the oldest of them waits, seconds, by the workstation's clock; for the server's figures only. `None`
    /// when there is none, and in protocol 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outbox_oldest_s: Option<u64>,
    /// Highest command number ever used, so that a workstation restored from an old disk is noticed.
    pub last_n: u64,
    /// The file that numbers; `None` in protocol 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replica: Option<ReplicaId>,
    /// The feeds that the file may hold: its profile. `None` in protocol 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feeds: Option<Vec<FeedClass>>,
}

/// One feed as the server has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedHead {
    /// Which.
    pub feed: FeedClass,
    /// Its last commit.
    pub head: FeedSeq,
    /// Below this a cursor is too old.
    pub horizon: FeedSeq,
}

/// What the server says of the workstation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkstationState {
    /// Go on.
    Ok,
    /// No sync until an admin says so.
    Suspended,
    /// Destroy the keys.
    Wipe,
}

/// `POST /v1/wipe`: a workstation that was told to destroy its keys says how far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wiping {
    /// What it has not delivered yet, as it was signed; some at a time. Kept whole at the server for somebody to look at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsent: Vec<Signed>,
    /// Its keys are gone: nothing more comes from it.
    #[serde(default)]
    pub done: bool,
}

/// The answer to [`Hello`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// (database identity, timeline, restore count) as one word.
    pub epoch: String,
    /// The server's clock, for showing skew; orders nothing.
    pub server_time: UtcInstant,
    /// The feeds that the user's roles grant.
    pub feeds: Vec<FeedHead>,
    /// Feeds that the workstation holds and may not hold any more.
    pub removed: Vec<FeedClass>,
    /// Go on, wait, or wipe.
    pub workstation: WorkstationState,
    /// Until when this person may sign in here with no server.
    pub offline_lease_until: UtcInstant,
    /// Apps older than this must update first.
    pub min_app_version: String,
    /// The user's roles now.
    pub roles: Vec<Role>,
    /// The last command number that the server has of this file.
    pub last_n: u64,
    /// Names of the clinic's workstations, so that a person can be told where a value was typed. Empty in protocol 1.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub workstation_names: BTreeMap<WorkstationId, String>,
}
