//! `POST /v1/escrow`: the key of a workstation's file, kept at the server for people of the same profile who are new there.

use serde::{Deserialize, Serialize};

/// What a signed-in workstation asks.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escrow {
    /// The file's profile, which must be that of the asking person's roles.
    pub profile: String,
    /// A key to keep, base64 of 32 bytes; without one, those that are kept are given out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<String>,
}

/// The answer.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escrowed {
    /// Keys of this workstation's files of this profile, newest first, base64; empty when one was given to keep.
    #[serde(default)]
    pub keys: Vec<String>,
}

/// Says nothing of the key.
impl std::fmt::Debug for Escrow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Escrow(…)")
    }
}

/// Says nothing of the keys.
impl std::fmt::Debug for Escrowed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Escrowed(…)")
    }
}
