//! Whose file this is.

use wattle_domain::{ClinicId, FeedClass, WorkstationId};

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

impl Identity {
    /// The feeds that the file may hold, in key order. A class of a newer version is none of this one's.
    #[must_use]
    pub fn feeds(&self) -> Vec<FeedClass> {
        FeedClass::ALL
            .into_iter()
            .filter(|feed| self.profile.split('-').any(|w| w == feed.as_str()))
            .collect()
    }
}
