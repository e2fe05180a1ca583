//! How names and numbers are searched: folded to plain words, cut into terms, compared by sound and by one wrong letter.
//!
//! Owns: what a typed query means and which words a patient is found by. Both the index of a workstation and the marks on
//! the page are made from here, so that they agree.
//!
//! Must never: look anything up. Called by: `local-store` (index and query), `ui` (marks).

mod edit;
mod fold;
mod marks;
mod numbers;
mod phonetic;
mod query;

pub use edit::within_one_edit;
pub use fold::{fold, key, name_words};
pub use marks::marks;
pub use numbers::{birth_date_words, identifier_words, phone_words, record_number_words};
pub use phonetic::phonetic;
pub use query::{Term, TermKind, terms};
