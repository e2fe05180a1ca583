//! The clinic's own letters to begin with.

use serde_json::{Map, Value};

use crate::ids::LetterTemplateId;
use crate::table::entity;

entity! {
    /// A template: see [`crate::letter`] for its fields.
    LetterTemplate, id: LetterTemplateId, "letter_template", Ref {
        /// What it is called.
        name: String,
        /// What the letter is about.
        subject: String,
        /// What it says.
        body: String,
        /// Still to be offered.
        active: bool,
        /// Who changed each field last.
        field_changes: Map<String, Value>,
    }
}
