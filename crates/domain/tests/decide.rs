//! The rules, command by command, over a store that is a map.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

#[path = "decide/book.rs"]
mod book;
#[path = "decide/document.rs"]
mod document;
#[path = "decide/edit_patient.rs"]
mod edit_patient;
#[path = "decide/inbox.rs"]
mod inbox;
#[path = "decide/letter_template.rs"]
mod letter_template;
#[path = "decide/map_store.rs"]
mod map_store;
#[path = "decide/overlap_property.rs"]
mod overlap_property;
#[path = "decide/practitioner.rs"]
mod practitioner;
#[path = "decide/record.rs"]
mod record;
#[path = "decide/resolve_conflict.rs"]
mod resolve_conflict;
#[path = "decide/restriction.rs"]
mod restriction;
#[path = "decide/steps.rs"]
mod steps;
#[path = "decide/world.rs"]
mod world;
