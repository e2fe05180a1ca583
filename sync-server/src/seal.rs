//! Columns that rest encrypted: identifiers, what people wrote about a patient, whole commands.
//!
//! Owns: the form of a sealed value, the clinics' keys in memory, sealing what an import left plain, resealing under a new
//! key. Which columns are sealed says [`wattle_domain::table::Rest`]; those of tables that do not travel, [`SERVER_ONLY`].
//! Must never: ask the KMS for each request, seal a value for another place than its own, lose one that does not open.
//! Called by: `db` (everything that reads or writes such a column), `apply`, `pull`, `live`, `wipe`, `cli`.

mod export;
mod job;
mod keys;
mod map_key;
mod ring;
mod rotate;
mod sealer;
mod target;
mod value;

pub use export::Opener;
pub(crate) use job::start;
pub use job::{Sealed, seal};
pub(crate) use keys::ClinicKeys;
pub use map_key::map_key;
pub(crate) use ring::Seals;
pub use rotate::{Rewrapped, Rotated, Status, rewrap, rotate, status};
pub(crate) use sealer::{Sealer, mark_name};
pub(crate) use value::{SealError, is_sealed};

/// A column of a table that does not travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ServerColumn {
    pub table: &'static str,
    pub column: &'static str,
}

/// A decided command, whole.
pub(crate) const COMMAND: ServerColumn = ServerColumn { table: "command_log", column: "payload" };
/// One that could not be decided.
pub(crate) const QUARANTINED: ServerColumn = ServerColumn { table: "quarantine", column: "payload" };

/// What opens a document's bytes.
pub(crate) const DOCUMENT_KEY: ServerColumn = ServerColumn { table: "document_blob", column: "key" };

/// The sealed columns of the server's own tables: texts, whose rows are known by their command or document.
pub(crate) const SERVER_ONLY: [ServerColumn; 3] = [COMMAND, QUARANTINED, DOCUMENT_KEY];
