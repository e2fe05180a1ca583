//! `POST /v1/document`: where the bytes of a document go, where they are, and whether all have come.
//!
//! The bytes travel apart from the row, as sealed parts (`wattle_document`), each to a URL that is good for that part, for one
//! method, for a few minutes. `404 not_found`: the server has no such document (yet), or does not let this person have it.

use serde::{Deserialize, Serialize};
use wattle_domain::{DocumentId, TableName};

/// The request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentAsk {
    /// Which.
    pub document_id: DocumentId,
    /// `document` or `desk_document`.
    pub table: TableName,
    /// What for.
    pub step: Step,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// To bring bytes: answers [`DocumentAnswer::Up`] or [`DocumentAnswer::Stored`].
    Up,
    /// All have been brought: answers [`DocumentAnswer::Stored`], [`DocumentAnswer::Up`] when some are missing, or
    /// [`DocumentAnswer::Differs`].
    Confirm,
    /// To fetch them: answers [`DocumentAnswer::Down`] or [`DocumentAnswer::NotYet`].
    Down,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum DocumentAnswer {
    /// Where parts go.
    Up {
        /// Base64 of the 32 bytes that seal them.
        key: String,
        /// All of them, in order.
        parts: Vec<PartUp>,
    },
    /// Where parts are.
    Down {
        /// Base64 of the 32 bytes that open them.
        key: String,
        /// Their URLs, in order; relative to the server's address when they begin with `/`.
        parts: Vec<String>,
    },
    /// The server has read all of it and found size, hash and type right.
    Stored,
    /// What came is not what the row says; it is to be brought anew, under another key.
    Differs,
    /// The bytes are still on the workstation that the row was made at.
    NotYet,
    /// The server had them, and has lost some.
    Lost,
}

/// A part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartUp {
    /// Where it goes, by PUT.
    pub url: String,
    /// It is there already, whole.
    pub there: bool,
}
