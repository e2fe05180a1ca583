//! Error codes: consumers match codes, never messages.

use serde::{Deserialize, Serialize};

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// 400: not the shape that this route takes.
    Malformed,
    /// 401: name or password wrong. Never says which.
    WrongCredentials,
    /// 401: the password is good, and a code of the authenticator app is wanted, or the one that came is not good (any more).
    SecondFactor,
    /// 401: the access token is missing, unknown or past its time.
    SignInAgain,
    /// 401: the account is closed: its person leaves this workstation.
    AccountClosed,
    /// 403: an admin has taken the workstation out of the clinic; nobody signs in at it until it is let in again.
    WorkstationRevoked,
    /// 403: the workstation is to destroy its keys, and whoever asked may not sign in to hear it in a session.
    Wipe,
    /// 403: this user or workstation may not.
    NotAllowed,
    /// 403: the workstation is not enrolled, or the enrolment code is wrong or used.
    NotEnrolled,
    /// 404.
    NotFound,
    /// 409: the feeds that the client holds are not those it may hold, or its cursors are of another epoch.
    Resnapshot,
    /// 400: a password that is too short.
    WeakPassword,
    /// 409: the name of an account that is there already.
    NameTaken,
    /// 409: nobody would be left who may see to accounts.
    LastAdmin,
    /// 413.
    TooLarge,
    /// 426: the app is older than the server serves.
    UpgradeRequired,
    /// 429: too many; `retry_after_s` says when.
    RateLimited,
    /// 500: the server failed; nothing was changed.
    Internal,
    /// 503: the clinic has not been switched over from FileMaker yet. Nothing is decided before: the outbox keeps what it has
    /// and sends it after; `retry_after_s` says when to ask again. Everything can be read.
    BeforeSwitch,
    /// 503: starting, stopping or over its limits; `retry_after_s` says when.
    Unavailable,
    /// A code of a newer version.
    #[serde(other)]
    Other,
}

impl ErrorCode {
    /// The HTTP status it travels with.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Malformed | Self::WeakPassword => 400,
            Self::WrongCredentials | Self::SecondFactor | Self::SignInAgain | Self::AccountClosed => 401,
            Self::NotAllowed | Self::NotEnrolled | Self::Wipe | Self::WorkstationRevoked => 403,
            Self::NotFound => 404,
            Self::Resnapshot | Self::NameTaken | Self::LastAdmin => 409,
            Self::TooLarge => 413,
            Self::UpgradeRequired => 426,
            Self::RateLimited => 429,
            Self::Internal | Self::Other => 500,
            Self::BeforeSwitch | Self::Unavailable => 503,
        }
    }
}

/// The body of every 4xx and 5xx. Says nothing about anybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiFault {
    /// Why.
    pub code: ErrorCode,
    /// What the log calls this request.
    pub correlation_id: String,
    /// Seconds after which to try again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
}
