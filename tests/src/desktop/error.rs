//! What can go wrong between a test and a window.

use std::time::Duration;

/// Why a workstation or window is not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// One of the programs around the window.
    #[error(transparent)]
    Process(#[from] crate::processes::Error),
    /// WebKitWebDriver did not answer.
    #[error("WebDriver does not answer: {0}")]
    Http(#[from] reqwest::Error),
    /// WebKitWebDriver refused a call; `code` is WebDriver's, such as `no such element`.
    #[error("{doing}: {code}: {message}")]
    Refused {
        /// The call and its object.
        doing: String,
        /// WebDriver's error code.
        code: String,
        /// WebDriver's explanation.
        message: String,
    },
    /// An awaited state of the window did not come; `last` is what was there instead.
    #[error("{what} did not happen within {within:?}; last: {last}")]
    TooSlow {
        /// What was awaited.
        what: String,
        /// How long.
        within: Duration,
        /// The last thing seen, or the last refusal.
        last: String,
    },
    /// An answer that is not what WebDriver's standard says.
    #[error("unexpected answer to {doing}: {answer}")]
    Unexpected {
        /// The call.
        doing: String,
        /// Its answer.
        answer: String,
    },
}

impl Error {
    /// True for refusals that pass by themselves while a page redraws.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if matches!(code.as_str(),
            "no such element" | "stale element reference" | "element not interactable" | "element click intercepted"))
    }
}
