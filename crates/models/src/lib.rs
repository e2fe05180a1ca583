//! Read models: what `migrations/models` makes of a clinic's tables.
//!
//! Owns: the header of a model's file (inputs, output, key, tests), the order that follows from the inputs, the refresh (one
//! transaction a model, its tests inside), and the project that runs the same files under dbt.
//!
//! Must never: write anything but schema `read_model`, keep a reader waiting, put a value of a row into an error: keys only.
//!
//! Called by: `fm-migrate`, which may read staging too, and the server's own work, which refreshes what needs no staging.

pub mod dbt;
mod error;
mod files;
mod header;
mod order;
mod refresh;
mod relation;
mod test;

pub use error::Error;
pub use files::shipped;
pub use header::Model;
pub use order::ordered;
pub use refresh::{Refreshed, refresh};
pub use relation::Relation;
pub use test::Test;
