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

/// Who writes, where and when: what a server puts on every row that it writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Who; `None` for the system.
    pub by: Option<UserId>,
    /// Where.
    pub workstation: Option<WorkstationId>,
    /// When the transaction began, UTC.
    pub at: UtcInstant,
}

impl Stamp {
    /// The attribution of a row that is new.
    #[must_use]
    pub fn new_row(self) -> Attribution {
        Attribution {
            created_at: self.at,
            created_by: self.by,
            updated_at: self.at,
            updated_by: self.by,
            origin_workstation: self.workstation,
            deleted_at: None,
            deleted_reason: None,
        }
    }

    /// Stamps a row that is changed.
    pub fn changed(self, attribution: &mut Attribution) {
        attribution.updated_at = self.at;
        attribution.updated_by = self.by;
        attribution.origin_workstation = self.workstation;
    }
}
