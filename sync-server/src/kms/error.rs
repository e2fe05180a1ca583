//! Why a KMS did not do it. Names keys and codes; never a secret.

use wattle_protocol::ErrorCode;

use crate::error::ApiError;

/// Why a key could not be wrapped or unwrapped. Says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KmsError {
    /// It does not answer.
    #[error("{0} cannot be reached: look at the network, the region and the endpoint")]
    Unreachable(String),
    /// No right to it.
    #[error(
        "{key}: no credentials, or they do not allow it ({code}): see who the server is and what its policy grants"
    )]
    NotAllowed {
        /// The key.
        key: String,
        /// What the service said.
        code: String,
    },
    /// The key is switched off, or waits to be deleted.
    #[error("{key} is not usable ({code}): enable it, or name another and run `wattle-server keys rewrap`")]
    Disabled {
        /// The key.
        key: String,
        /// What the service said.
        code: String,
    },
    /// There is no such key.
    #[error("{key} is not there ({code}): WATTLE_KMS names the key, AWS_REGION its region")]
    NotFound {
        /// The key.
        key: String,
        /// What the service said.
        code: String,
    },
    /// Another key wrapped it, or it was moved or changed.
    #[error("{0} does not open it: it was wrapped by another key, or for another place")]
    Wrong(String),
    /// Nobody here has the key.
    #[error("it was wrapped by {0}, which this server was not told of: give it with --kms-old")]
    Unknown(String),
    /// Something else.
    #[error("{key}: {code}")]
    Failed {
        /// The key.
        key: String,
        /// What the service said, or a fixed text.
        code: String,
    },
}

impl From<KmsError> for ApiError {
    fn from(error: KmsError) -> Self {
        let cause = error.to_string();
        match error {
            // It may be mended without us: whoever asks may come again.
            KmsError::Unreachable(_) | KmsError::NotAllowed { .. } | KmsError::Disabled { .. } => {
                Self::after(ErrorCode::Unavailable, 5, cause)
            }
            KmsError::Unknown(_) | KmsError::NotFound { .. } | KmsError::Failed { .. } => {
                Self::after(ErrorCode::Unavailable, 30, cause)
            }
            KmsError::Wrong(_) => Self::because(ErrorCode::Internal, cause),
        }
    }
}
