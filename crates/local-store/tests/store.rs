//! Tests of the store as its callers see it, on real SQLCipher files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    missing_docs
)]

#[path = "store/audit.rs"]
mod audit;
#[path = "store/billing.rs"]
mod billing;
#[path = "store/cast.rs"]
mod cast;
#[path = "store/crash.rs"]
mod crash;
#[path = "store/desk.rs"]
mod desk;
#[path = "store/duplicates.rs"]
mod duplicates;
#[path = "store/file.rs"]
mod file;
#[path = "store/groups.rs"]
mod groups;
#[path = "store/mend.rs"]
mod mend;
#[path = "store/pages.rs"]
mod pages;
#[path = "store/pulls.rs"]
mod pulls;
#[path = "store/record.rs"]
mod record;
#[path = "store/restricted.rs"]
mod restricted;
#[path = "store/roster.rs"]
mod roster;
#[path = "store/schema.rs"]
mod schema;
#[path = "store/search.rs"]
mod search;
