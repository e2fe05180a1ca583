//! What shell and page say to each other. The page calls Tauri commands by the names given in the modules here; the
//! shell sends [`event::Event`]s on the channel [`event::CHANNEL`].
//!
//! `people() -> admin::Overview` and `see_to(admin::Act) -> admin::Done` are the server's own shapes: see [`crate::admin`].
//! `second_factor(second_factor::Step) -> `[`Shown`]: see [`crate::second_factor`].
//!
//! Every command answers `Result<T, CommandError>`. An argument struct is passed as the one argument `args`.

pub mod attention;
pub mod audit;
pub mod billing;
pub mod daybook;
pub mod documents;
pub mod event;
pub mod letters;
pub mod papers;
pub mod patients;
pub mod practitioners;
pub mod record;
pub mod results;
pub mod scans;
pub mod session;
pub mod sync;
pub mod waiting;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wattle_domain::{CommandId, Rejection};

/// Why a call from the page failed. The page matches `code` and has the words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code:?}")]
pub struct CommandError {
    /// Why.
    pub code: FaultCode,
    /// A rule's no, for [`FaultCode::Rejected`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<Rejection>,
    /// Seconds to wait, for [`FaultCode::RateLimited`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
}

impl CommandError {
    /// A fault without more to say.
    #[must_use]
    pub fn new(code: FaultCode) -> Self {
        Self { code, rejection: None, retry_after_s: None }
    }
}

/// Codes of [`CommandError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultCode {
    /// A rule said no; see `rejection`.
    Rejected,
    /// Nobody is signed in, or the screen is locked.
    Locked,
    /// Name or password wrong.
    WrongCredentials,
    /// The password is good; the server also wants the six digits of the authenticator app, or did not take those that came.
    SecondFactor,
    /// Too many tries; see `retry_after_s`.
    RateLimited,
    /// This person has never signed in here, and the server cannot be reached.
    FirstSignInNeedsServer,
    /// The offline lease is over; the server must be reached to sign in. Unsent work is safe.
    LeaseOver,
    /// The lease is over, or the server must hear from them: they sign in with the clinic's OpenID provider.
    ProviderNeeded,
    /// The provider did not sign them in, or the clinic does not know them by it.
    ProviderRefused,
    /// The clinic has no OpenID provider.
    NoProvider,
    /// An admin has closed the account.
    AccountClosed,
    /// An admin has taken this computer out of the clinic.
    WorkstationRevoked,
    /// The server wants a new sign-in before it does that.
    SignInAgain,
    /// An admin has had this computer wiped.
    Wiped,
    /// Not a code that a new computer shows, or one that was used.
    NoSuchCode,
    /// The system's browser could not be opened.
    NoBrowser,
    /// The keyring of the computer cannot be reached or is locked.
    NoKeyring,
    /// The enrolment code is wrong, used or too old.
    NotEnrolled,
    /// This computer drew its own code, and nobody has approved it, or too long ago.
    NotApproved,
    /// The server cannot be reached.
    Offline,
    /// What answers at the address has a certificate that nobody vouches for who is trusted here.
    Untrusted,
    /// What was given as the clinic's own certificate is none.
    NoAuthority,
    /// The server knows this person, but the file here is sealed by a colleague or under this person's older password:
    /// sign in while the colleague's screen is locked, or with the older password.
    FileSealed,
    /// Another window has this workstation open.
    AlreadyOpen,
    /// The local file was damaged; it was renamed aside and a new copy is being fetched.
    Damaged,
    /// The person's roles have changed, and another file holds what they may see now: they sign in again. Nothing unsent is
    /// lost.
    RolesChanged,
    /// The app is too old for the server.
    UpgradeRequired,
    /// The roles of whoever is signed in do not allow it.
    NotAllowed,
    /// The password is too short.
    WeakPassword,
    /// An account of this name is there already.
    NameTaken,
    /// Nobody would be left who may see to accounts.
    LastAdmin,
    /// The patient's record is restricted, and whoever is signed in has not opened it.
    Restricted,
    /// No such row.
    NotFound,
    /// The file has no bytes.
    FileEmpty,
    /// The file is larger than a document may be.
    FileTooLarge,
    /// The file's content is of another type than its name says.
    FileMismatch,
    /// The file is a program.
    FileIsProgram,
    /// The folder cannot be used: it is not there, it is no folder, or it is one of our own.
    BadFolder,
    /// The document's bytes are neither here nor to be had now.
    NotHere,
    /// The document's bytes are here, and cannot be shown: broken, locked, or too large a picture.
    CannotShow,
    /// The disk is full or cannot be written; the change was not saved.
    NotSaved,
    /// A fault of ours; the log has it.
    Internal,
}

/// How it stands with the codes of an authenticator app: see [`crate::second_factor`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Codes are asked for.
    pub on: bool,
    /// The secret to type into an app, once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The same as a picture for the app's camera: SVG.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

/// The answer to everything that writes: saved here, in the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The command.
    pub command_id: CommandId,
    /// The row that it made or changed.
    pub id: Uuid,
}
