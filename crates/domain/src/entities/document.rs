//! Clinical documents: letters, results, pictures. The bytes travel apart and rest in object storage.

use serde_json::{Map, Value};

use crate::fields::{DocumentKind, DocumentSource, DocumentStatus};
use crate::ids::{DocumentId, PatientId, WorkstationId};
use crate::table::entity;
use crate::time::UtcInstant;

entity! {
    /// A clinical document.
    Document, id: DocumentId, "document", Clinical {
        /// Whose.
        patient_id: PatientId,
        /// What it is.
        kind: DocumentKind,
        /// What people call it.
        title: String => Sealed,
        /// How it came in.
        source: DocumentSource,
        /// What its first bytes say it is, such as `application/pdf`.
        mime: String,
        /// Of the original.
        size_bytes: i64,
        /// Of the original: 64 hex digits.
        sha256: String,
        /// When it came in, on the author's clock.
        captured_at: UtcInstant,
        /// The workstation that has the bytes until the server has them.
        workstation_id: WorkstationId,
        /// Where it stands.
        status: DocumentStatus,
        /// Since when the server has the bytes and has found size and hash right; `None`: they are still on that
        /// workstation. Only the server writes it.
        stored_at: Option<UtcInstant>,
        /// Since when the server misses the bytes that it had. Only the server writes it.
        lost_at: Option<UtcInstant>,
        /// Who changed each field last.
        field_changes: Map<String, Value>,
    }
}
