//! Who sees patients, for whoever keeps that list. Commands: `practitioners() -> Roster`, `record_practitioner`,
//! `edit_practitioner`: the domain's commands as they are; a nil id asks the shell for a new one.

use serde::{Deserialize, Serialize};
use wattle_domain::entities::{Location, Practitioner, PractitionerLocation};
use wattle_domain::{Rev, UserId};

/// Everybody who sees patients or did, and what their forms choose from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Roster {
    /// By the order of their columns.
    pub practitioners: Vec<PractitionerEntry>,
    /// Sites and rooms, by name.
    pub locations: Vec<Location>,
    /// Who signs in, by name; whoever is a practitioner already among them.
    pub people: Vec<(UserId, String)>,
}

/// Somebody who sees patients.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PractitionerEntry {
    /// Who.
    pub practitioner: Practitioner,
    /// Revision, for `seen_rev`.
    pub rev: Rev,
    /// Provider numbers, with their revisions.
    pub provider_numbers: Vec<(PractitionerLocation, Rev)>,
    /// Not yet on the server.
    pub pending: bool,
}
