//! Letters that left the clinic, as they were written. Only grows.

use crate::ids::{DocumentId, LetterId, PatientId, ProviderId, UserId};
use crate::table::entity;
use crate::time::UtcInstant;

entity! {
    /// A letter; its typeset form is a document of the patient.
    Letter, id: LetterId, "letter", Clinical, append_only {
        /// About whom.
        patient_id: PatientId,
        /// To whom, when they are in the address book. Named, not looked up: a letter does not fall with an entry of it.
        provider_id: Option<ProviderId>,
        /// To whom, as on the letter: name and address, a line each.
        recipient: String => Sealed,
        /// What it is about.
        subject: String => Sealed,
        /// Plain text; lines that begin with `#` and `- ` as in notes.
        body: String => Sealed,
        /// Who signed.
        author_id: UserId,
        /// When, on the author's clock.
        written_at: UtcInstant,
        /// The document that it became. Named, not looked up: its bytes may still be on their way.
        document_id: Option<DocumentId>,
    }
}
