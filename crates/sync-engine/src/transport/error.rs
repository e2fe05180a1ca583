//! What can go wrong on the way.

use tokio_rustls::rustls;
use wattle_protocol::{ApiFault, ErrorCode};

use crate::machine::{Fault, FaultKind};

/// A call that did not succeed. Holds codes only: no address, no body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There was no answer.
    #[error("the server cannot be reached: {0}")]
    Unreachable(Why),
    /// There was one that is not our server's, or it was cut or malformed. Nothing of it counts.
    #[error("the answer cannot be used: {what}")]
    Garbled {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The server said no.
    #[error("the server refused with {code:?}; it logged this as {correlation_id}")]
    Refused {
        /// Why.
        code: ErrorCode,
        /// Seconds after which to try again.
        retry_after_s: Option<u32>,
        /// What its log calls it; empty when something before the server refused.
        correlation_id: String,
    },
}

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// Somebody answers with a certificate that none of those who are trusted here vouches for.
    #[error("nobody vouches for its certificate")]
    Untrusted,
    /// No connection: no route, no name, refused, TLS failed.
    #[error("no connection")]
    NoConnection,
    /// Nothing came for too long.
    #[error("timed out")]
    TimedOut,
    /// The connection ended in the middle.
    #[error("the connection was cut")]
    Cut,
}

impl Error {
    pub(crate) fn refused(code: ErrorCode) -> Self {
        Self::Refused { code, retry_after_s: None, correlation_id: String::new() }
    }

    /// What the machine makes of it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Unreachable(_) => Fault::new(FaultKind::Unreachable),
            Self::Garbled { .. } => Fault::new(FaultKind::Garbled),
            Self::Refused { code, retry_after_s, .. } => Fault {
                kind: FaultKind::Code(*code),
                retry_after_ms: retry_after_s.map(|seconds| u64::from(seconds) * 1_000),
            },
        }
    }
}

impl From<ApiFault> for Error {
    fn from(fault: ApiFault) -> Self {
        let ApiFault { code, correlation_id, retry_after_s } = fault;
        Self::Refused { code, retry_after_s, correlation_id }
    }
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::Unreachable(Why::TimedOut)
        } else if untrusted(&error) {
            Self::Unreachable(Why::Untrusted)
        } else if error.is_connect() {
            Self::Unreachable(Why::NoConnection)
        } else if error.is_decode() {
            Self::Garbled { what: "the body does not decompress" }
        } else {
            Self::Unreachable(Why::Cut)
        }
    }
}

/// Whether TLS failed over the certificate. rustls says so inside an error of the connection, which is inside an `io::Error`.
fn untrusted(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let inner = inner.map(|inner| inner as &(dyn std::error::Error + 'static));
        let tls = error.downcast_ref::<rustls::Error>();
        let tls = tls.or_else(|| inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()));
        if matches!(tls, Some(rustls::Error::InvalidCertificate(_))) {
            return true;
        }
        next = error.source().or(inner);
    }
    false
}
