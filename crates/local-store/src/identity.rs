//! Whose file this is.

use wattle_domain::{ClinicId, WorkstationId};

/// The clinic, workstation and profile of a file; fixed when it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The clinic.
    pub clinic: ClinicId,
    /// The workstation.
    pub workstation: WorkstationId,
    /// The profile: the set of feeds, for example `ref-front`.
    pub profile: String,
}
