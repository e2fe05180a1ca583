//! Who made and changed a row, and when: on every synced row.

use serde::{Deserialize, Serialize};

use crate::ids::{UserId, WorkstationId};
use crate::time::UtcInstant;

/// The common columns of every synced table beside `clinic_id`, `id` and `rev`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribution {
    /// When it was made, UTC.
    pub created_at: UtcInstant,
    /// Who made it; `None` for the system (migrator).
    pub created_by: Option<UserId>,
    /// When it was last changed, UTC.
    pub updated_at: UtcInstant,
    /// Who changed it last.
    pub updated_by: Option<UserId>,
    /// The workstation of the last change.
    pub origin_workstation: Option<WorkstationId>,
    /// When it was deleted (soft), UTC.
    pub deleted_at: Option<UtcInstant>,
    /// Why.
    pub deleted_reason: Option<String>,
}
