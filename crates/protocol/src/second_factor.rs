//! `POST /v1/second-factor`: the codes of an authenticator app beside a password (RFC 6238: SHA-1, 30 seconds, 6 digits), for
//! the account of whoever is signed in.

use serde::{Deserialize, Serialize};

/// What somebody does with their own.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// Asks whether codes are wanted of them.
    Look,
    /// Asks for a secret to give to the app. Nothing changes until it is confirmed.
    Begin,
    /// Shows that the app has it. Every other workstation must sign in anew.
    Confirm {
        /// The code that the app shows.
        code: String,
    },
    /// Wants it no more.
    Remove {
        /// The code that the app shows: a screen that was left unlocked is not enough.
        code: String,
    },
}

/// Says nothing of the code.
impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Step(…)")
    }
}

/// How it stands.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// Codes are asked for.
    pub on: bool,
    /// After [`Step::Begin`], once: base32, to be typed into an app that cannot see the picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The same as an `otpauth://` address, for the picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// Says nothing of the secret.
impl std::fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecondFactor").field("on", &self.on).finish_non_exhaustive()
    }
}
