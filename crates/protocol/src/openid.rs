//! `POST /v1/openid`: a sign-in with the account of the clinic's OpenID provider begins. It ends with `POST /v1/sign-in`,
//! which then carries [`Returned`] instead of a password.
//!
//! Authorization code with PKCE and a loopback redirect in the system's browser (RFC 8252, RFC 7636): the workstation keeps
//! verifier and state, the server exchanges the code and checks what the provider says.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wattle_domain::WorkstationId;

use crate::session::Enrolment;

/// What a workstation asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begin {
    /// The workstation, once enrolled.
    pub workstation: Option<WorkstationId>,
    /// Proof that it is that workstation: as in a sign-in.
    pub workstation_secret: String,
    /// The first time: the code that an admin gave out. It is not spent yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolment: Option<Enrolment>,
    /// `http://127.0.0.1:PORT/`, where the workstation listens for the browser to come back.
    pub redirect_uri: String,
    /// SHA-256 of the verifier, base64 for addresses.
    pub code_challenge: String,
    /// What the browser must bring back.
    pub state: String,
}

/// Where to send the browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// This attempt; good once, for ten minutes.
    pub attempt: Uuid,
    /// What people call the provider.
    pub label: String,
    /// The provider's page, with all that it must be told.
    pub address: String,
}

/// What the browser brought back.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// The attempt.
    pub attempt: Uuid,
    /// The provider's code, good once.
    pub code: String,
    /// What the challenge was made of.
    pub verifier: String,
    /// As in [`Begin`].
    pub redirect_uri: String,
}

/// Says nothing of the code.
impl std::fmt::Debug for Returned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Returned").field("attempt", &self.attempt).finish_non_exhaustive()
    }
}
