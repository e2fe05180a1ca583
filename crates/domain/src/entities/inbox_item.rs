//! Results that somebody must look at. Nothing leaves the inbox without an action.

use crate::fields::ResultAction;
use crate::ids::{DocumentId, InboxItemId, PatientId, PractitionerId, UserId};
use crate::table::entity;
use crate::time::UtcInstant;

entity! {
    /// A result, or a letter that came in.
    InboxItem, id: InboxItemId, "inbox_item", Clinical {
        /// About whom.
        patient_id: PatientId,
        /// Who asked for it; `None` waits for whoever looks.
        practitioner_id: Option<PractitionerId>,
        /// What it is: `Full blood count`.
        title: String => Sealed,
        /// Who sent it.
        source: Option<String> => Sealed,
        /// What it says, when it came as text.
        text: Option<String> => Sealed,
        /// The scan or file; named, not looked up: its bytes may still be on their way.
        document_id: Option<DocumentId>,
        /// Something in it is out of the ordinary.
        abnormal: bool,
        /// When it came, UTC.
        received_at: UtcInstant,
        /// What was done; `None` while it is in the inbox.
        action: Option<ResultAction>,
        /// A word about that.
        action_note: Option<String> => Sealed,
        /// Who did it.
        actioned_by: Option<UserId>,
        /// When, on their clock.
        actioned_at: Option<UtcInstant>,
    }
}
