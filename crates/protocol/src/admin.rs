//! `GET /v1/admin`, `POST /v1/admin`: the people and the computers of a clinic, for those who may see to them. Online only:
//! who may come in is the server's to say.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wattle_domain::{Role, UserId, UtcInstant, WorkstationId};

/// The answer to `GET /v1/admin`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// Everybody with an account, by name.
    pub people: Vec<Person>,
    /// Every computer that was enrolled, by name.
    pub workstations: Vec<Computer>,
    /// Codes that can still enrol one, by the end of their time.
    pub codes: Vec<OpenCode>,
    /// What people call the clinic's OpenID provider, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openid: Option<String>,
    /// For how long a workstation works without the server, hours: a lost one cannot be reached by a wipe, but opens no
    /// longer than this.
    pub offline_lease_h: u64,
}

/// Somebody with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who.
    pub id: UserId,
    /// Name of the account.
    pub username: String,
    /// Name on the screen.
    pub display_name: String,
    /// As what.
    pub roles: Vec<Role>,
    /// False: nobody can sign in with it.
    pub active: bool,
    /// What the clinic's OpenID provider calls them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// They also give a code of an authenticator app.
    #[serde(default)]
    pub second_factor: bool,
    /// When they last signed in, or renewed a sign-in.
    pub last_seen_at: Option<UtcInstant>,
}

/// A computer that was enrolled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Computer {
    /// Which.
    pub id: WorkstationId,
    /// `reception-1`.
    pub name: String,
    /// What it may do.
    pub state: ComputerState,
    /// Version of its app.
    pub app_version: String,
    /// Since when.
    pub enrolled_at: UtcInstant,
    /// When it was last heard of.
    pub last_seen_at: Option<UtcInstant>,
}

/// What a computer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComputerState {
    /// All.
    Ok,
    /// No sync until an admin says so.
    Suspended,
    /// None of the clinic's any more: its sign-ins are over, nothing that its keys sign counts, nobody signs in at it.
    Revoked,
    /// To destroy its keys as soon as it is heard of.
    Wipe,
    /// It has.
    Wiped,
    /// A state of a newer version.
    #[serde(other)]
    Other,
}

/// A code that can still be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCode {
    /// Its id; the code itself was shown once.
    pub id: Uuid,
    /// When it ends.
    pub expires_at: UtcInstant,
}

/// Letters and digits of the codes that computers draw: none is mistaken for another when read out.
pub const OWN_CODE_LETTERS: &str = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// How many of them a computer draws.
pub const OWN_CODE_CHARS: usize = 8;
/// For so long an approved code is good, minutes.
pub const APPROVED_MIN: i64 = 15;

/// The body of `POST /v1/admin`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// A new account.
    AddPerson {
        /// Name of the account; unique in the clinic.
        username: String,
        /// Name on the screen.
        display_name: String,
        /// For the first sign-in; 10 characters or more.
        password: String,
        /// As what; one at least.
        roles: Vec<Role>,
    },
    /// Other roles, instead of those they have.
    SetRoles {
        /// Whose.
        user: UserId,
        /// All of them; one at least.
        roles: Vec<Role>,
    },
    /// A new password, for somebody who has forgotten theirs. Ends every sign-in of theirs.
    SetPassword {
        /// Whose.
        user: UserId,
        /// 10 characters or more.
        password: String,
    },
    /// Signs in with the clinic's OpenID provider, too.
    SetLogin {
        /// Whose.
        user: UserId,
        /// What the provider calls them, usually an address; `None` for a password of ours only.
        login: Option<String>,
    },
    /// No codes of an authenticator app are wanted any more, for somebody who has lost theirs.
    ResetSecondFactor {
        /// Whose.
        user: UserId,
    },
    /// Nobody signs in with it any more. Nothing of what they did goes away.
    CloseAccount {
        /// Whose.
        user: UserId,
    },
    /// They may again.
    ReopenAccount {
        /// Whose.
        user: UserId,
    },
    /// What a computer may do: `ok`, `suspended`, `revoked` or `wipe`.
    SetComputer {
        /// Which.
        workstation: WorkstationId,
        /// What.
        state: ComputerState,
    },
    /// A code that enrols one computer within 24 hours.
    MakeCode,
    /// A computer that shows a code of its own may enrol with it, once, within [`APPROVED_MIN`] minutes.
    ApproveComputer {
        /// As it was read out.
        code: String,
    },
    /// A code is taken back.
    CancelCode {
        /// Which.
        code: Uuid,
    },
}

/// Says nothing of names and passwords.
impl std::fmt::Debug for Act {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Act(…)")
    }
}

/// What came of an act.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The account that was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The code that was made; shown once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}
