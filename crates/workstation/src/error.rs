//! What can go wrong at a workstation, and the one place that turns it into codes for the page.

use wattle_document::Unfit;
use wattle_domain::Rejection;
use wattle_local_store::keys::{KeyError, SlotError};
use wattle_local_store::{OpenError, SubmitError};
use wattle_protocol::ErrorCode;
use wattle_protocol::ipc::{CommandError, FaultCode};
use wattle_sync_engine::transport::{self, BadAddress, Why};

use crate::keyring::KeyringError;

/// A fault of the workstation. Says nothing about anybody.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is signed in, or the screen is locked.
    #[error("nobody is signed in, or the screen is locked")]
    Locked,
    /// Name or password wrong.
    #[error("name or password wrong")]
    WrongCredentials,
    /// Too many tries.
    #[error("too many tries; wait {retry_after_s} s")]
    RateLimited {
        /// Seconds to wait.
        retry_after_s: u32,
    },
    /// The person has no slot here and the server cannot be reached.
    #[error("the first sign-in at a workstation needs the server")]
    FirstSignInNeedsServer,
    /// The offline lease is over and the server cannot be reached.
    #[error("the offline lease is over; the server must be reached to sign in")]
    LeaseOver,
    /// The file here is sealed by another person or under an older password.
    #[error("the file is sealed by another person or under an older password")]
    FileSealed,
    /// The password of this computer is good, but only the clinic's OpenID provider can say more.
    #[error("a sign-in with the clinic's OpenID provider is needed")]
    ProviderNeeded,
    /// The provider, or the person in their browser, said no; or the clinic does not know them; or nobody came back.
    #[error("the OpenID provider signed nobody in whom the clinic knows")]
    ProviderRefused,
    /// The clinic has no provider.
    #[error("the clinic has no OpenID provider")]
    NoProvider,
    /// The server has refused the tokens: its word needs a new sign-in.
    #[error("the server wants a new sign-in")]
    SignInAgain,
    /// An admin has had this computer wiped, just now.
    #[error("this computer was wiped")]
    Wiped,
    /// Not a code that a new computer shows, or one that was used.
    #[error("no computer shows that code, or it was used")]
    NoSuchCode,
    /// The system's browser could not be opened.
    #[error("the browser could not be opened")]
    NoBrowser,
    /// A password of this computer that is too short.
    #[error("the password is too short")]
    WeakPassword,
    /// This computer is not a workstation yet.
    #[error("this computer has not been set up")]
    NotSetUp,
    /// This computer is a workstation already; its folder must be moved away to make it another.
    #[error("this computer is set up already")]
    SetUpAlready,
    /// Not an address that may be used.
    #[error(transparent)]
    BadAddress(#[from] BadAddress),
    /// The file was damaged, was renamed aside, and a new one was made.
    #[error("the local file was damaged; it was renamed aside and a new one is being filled")]
    Damaged,
    /// Another process has this folder open.
    #[error("this workstation is open in another window")]
    AlreadyOpen,
    /// The server cannot be reached, or what answers is not the server.
    #[error("the server cannot be reached")]
    Offline,
    /// What answers has a certificate that none of those who are trusted here vouches for.
    #[error("nobody vouches for the server's certificate")]
    Untrusted,
    /// The computer drew its own code, and nobody has approved it, or too long ago.
    #[error("nobody has approved this computer")]
    NotApproved,
    /// The server said no.
    #[error("the server said {code:?}")]
    Refused {
        /// Why.
        code: ErrorCode,
        /// Seconds to wait, if it said so.
        retry_after_s: Option<u32>,
    },
    /// The record is restricted, and not open to whoever asks.
    #[error("the record is restricted")]
    Restricted,
    /// No such row.
    #[error("no such row")]
    NotFound,
    /// A rule said no.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// A file that is no document.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// A file that is larger than a document may be.
    #[error("the file is larger than a document may be")]
    TooLarge,
    /// A folder that cannot be watched.
    #[error("the folder cannot be used")]
    BadFolder,
    /// A document's bytes are neither here nor to be had now.
    #[error("the document's bytes are not here")]
    NotHere,
    /// A document's bytes are here and cannot be shown.
    #[error(transparent)]
    CannotShow(#[from] wattle_document_view::Error),
    /// A file of ours is not what we write.
    #[error("{0} is not readable; rename it and start again")]
    BadFile(&'static str),
    /// The keyring.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// A key slot, other than by a wrong password.
    #[error(transparent)]
    Slot(SlotError),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The file could not be opened, other than by damage.
    #[error(transparent)]
    Open(OpenError),
    /// The store.
    #[error(transparent)]
    Store(#[from] wattle_local_store::Error),
    /// The disk.
    #[error("file system: {0}")]
    Io(#[from] std::io::Error),
    /// A task of ours broke.
    #[error("a task ended early")]
    Broken,
}

impl From<SubmitError> for Error {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Rejected(rejection) => Self::Rejected(rejection),
            SubmitError::Store(error) => Self::Store(error),
        }
    }
}

impl From<transport::Error> for Error {
    fn from(error: transport::Error) -> Self {
        match error {
            transport::Error::Unreachable(Why::Untrusted) => Self::Untrusted,
            transport::Error::Unreachable(_) | transport::Error::Garbled { .. } => Self::Offline,
            transport::Error::Refused { code: ErrorCode::WrongCredentials, .. } => Self::WrongCredentials,
            transport::Error::Refused { code: ErrorCode::Unavailable, .. } => Self::Offline,
            transport::Error::Refused { code: ErrorCode::RateLimited, retry_after_s, .. } => {
                Self::RateLimited { retry_after_s: retry_after_s.unwrap_or(30) }
            }
            transport::Error::Refused { code, retry_after_s, .. } => Self::Refused { code, retry_after_s },
        }
    }
}

impl From<tokio::task::JoinError> for Error {
    fn from(_: tokio::task::JoinError) -> Self {
        Self::Broken
    }
}

impl From<Error> for CommandError {
    fn from(error: Error) -> Self {
        use wattle_local_store::Error as Store;
        let code = match &error {
            Error::Rejected(rejection) => {
                return Self { rejection: Some(rejection.clone()), ..Self::new(FaultCode::Rejected) };
            }
            Error::RateLimited { retry_after_s } => {
                return Self { retry_after_s: Some(*retry_after_s), ..Self::new(FaultCode::RateLimited) };
            }
            Error::Refused { code, retry_after_s } => {
                return Self { retry_after_s: *retry_after_s, ..Self::new(refused(*code)) };
            }
            Error::Locked => FaultCode::Locked,
            Error::WrongCredentials => FaultCode::WrongCredentials,
            Error::FirstSignInNeedsServer => FaultCode::FirstSignInNeedsServer,
            Error::LeaseOver => FaultCode::LeaseOver,
            Error::ProviderNeeded => FaultCode::ProviderNeeded,
            Error::ProviderRefused => FaultCode::ProviderRefused,
            Error::NoProvider => FaultCode::NoProvider,
            Error::NoSuchCode => FaultCode::NoSuchCode,
            Error::SignInAgain => FaultCode::SignInAgain,
            Error::Wiped => FaultCode::Wiped,
            Error::NoBrowser => FaultCode::NoBrowser,
            Error::WeakPassword => FaultCode::WeakPassword,
            Error::FileSealed => FaultCode::FileSealed,
            Error::Damaged | Error::Store(Store::Damaged(_)) => FaultCode::Damaged,
            Error::AlreadyOpen => FaultCode::AlreadyOpen,
            Error::Offline => FaultCode::Offline,
            Error::Untrusted => FaultCode::Untrusted,
            Error::NotApproved => FaultCode::NotApproved,
            Error::BadAddress(BadAddress::NoAuthority) => FaultCode::NoAuthority,
            Error::NotFound => FaultCode::NotFound,
            Error::Unfit(Unfit::Empty) => FaultCode::FileEmpty,
            Error::Unfit(Unfit::Name) => FaultCode::FileMismatch,
            Error::Unfit(Unfit::Program) => FaultCode::FileIsProgram,
            Error::TooLarge => FaultCode::FileTooLarge,
            Error::BadFolder => FaultCode::BadFolder,
            Error::NotHere => FaultCode::NotHere,
            Error::CannotShow(_) => FaultCode::CannotShow,
            Error::Restricted => FaultCode::Restricted,
            Error::Keyring(_) | Error::Slot(SlotError::OtherWorkstation) => FaultCode::NoKeyring,
            Error::Store(Store::NotSaved(_)) | Error::Io(_) | Error::Slot(SlotError::Io(_)) => {
                FaultCode::NotSaved
            }
            Error::Open(OpenError::TooNew { .. }) => FaultCode::UpgradeRequired,
            Error::NotSetUp | Error::BadAddress(_) => FaultCode::NotEnrolled,
            Error::SetUpAlready
            | Error::BadFile(_)
            | Error::Slot(_)
            | Error::Key(_)
            | Error::Open(_)
            | Error::Store(_)
            | Error::Broken => FaultCode::Internal,
        };
        // Ours to mend: the log has what the page cannot show. No error of ours carries a value of a row.
        if code == FaultCode::Internal || code == FaultCode::NotSaved || code == FaultCode::NoKeyring {
            tracing::error!(error = &error as &dyn std::error::Error, "a call of the page failed");
        }
        Self::new(code)
    }
}

fn refused(code: ErrorCode) -> FaultCode {
    match code {
        ErrorCode::WrongCredentials => FaultCode::WrongCredentials,
        ErrorCode::SignInAgain => FaultCode::SignInAgain,
        ErrorCode::AccountClosed => FaultCode::AccountClosed,
        ErrorCode::WorkstationRevoked => FaultCode::WorkstationRevoked,
        ErrorCode::Wipe => FaultCode::Wiped,
        ErrorCode::NotFound => FaultCode::NotFound,
        ErrorCode::SecondFactor => FaultCode::SecondFactor,
        ErrorCode::NotAllowed => FaultCode::NotAllowed,
        ErrorCode::WeakPassword => FaultCode::WeakPassword,
        ErrorCode::NameTaken => FaultCode::NameTaken,
        ErrorCode::LastAdmin => FaultCode::LastAdmin,
        ErrorCode::NotEnrolled => FaultCode::NotEnrolled,
        ErrorCode::UpgradeRequired => FaultCode::UpgradeRequired,
        ErrorCode::RateLimited => FaultCode::RateLimited,
        ErrorCode::Unavailable => FaultCode::Offline,
        // Only pushes are told so, and what they could not send is kept.
        ErrorCode::BeforeSwitch
        | ErrorCode::Malformed
        | ErrorCode::Resnapshot
        | ErrorCode::TooLarge
        | ErrorCode::Internal
        | ErrorCode::Other => FaultCode::Internal,
    }
}
