//! What the document is made of.

use uuid::Uuid;
use wattle_domain::entities::{Clinic, Practitioner};
use wattle_domain::{ClinicDate, ClinicZone, UserId, UtcInstant};
use wattle_protocol::ipc::patients::PatientRecord;
use wattle_protocol::ipc::record::{ClinicalRecord, Made};

/// Everything about one patient, as the screens read it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The person, with contacts, addresses and identifiers.
    pub record: &'a PatientRecord,
    /// The clinical record, all of it: asked with `RecordQuery::all`.
    pub clinical: &'a ClinicalRecord,
    /// Who keeps it.
    pub clinic: &'a Clinic,
    /// Practitioners of the clinic, for the names and numbers of those who wrote.
    pub practitioners: &'a [Practitioner],
    /// Who makes the document, with the name that people see.
    pub author: (UserId, &'a str),
    /// When.
    pub at: UtcInstant,
    /// Id of the document; random, and new for each.
    pub id: Uuid,
}

impl Source<'_> {
    /// The clinic's zone; UTC should the clinic's row name one that does not exist.
    pub(crate) fn zone(&self) -> ClinicZone {
        ClinicZone(self.clinic.time_zone.parse().unwrap_or(chrono_tz::UTC))
    }

    /// An instant as FHIR's dateTime in UTC.
    pub(crate) fn instant(at: UtcInstant) -> Option<String> {
        at.to_chrono().map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
    }

    /// The clinic's day of an instant, for people.
    pub(crate) fn day(&self, at: UtcInstant) -> ClinicDate {
        self.zone().date(at)
    }

    /// Who wrote a row, and when.
    pub(crate) fn made(&self, id: Uuid) -> Option<Made> {
        self.clinical.made.get(&id).copied()
    }

    /// The name of a user, as people see it.
    pub(crate) fn name(&self, user: UserId) -> Option<&str> {
        if user == self.author.0 {
            return Some(self.author.1);
        }
        self.clinical.names.get(&user).or_else(|| self.record.names.get(&user)).map(String::as_str)
    }
}

/// How resources of the document point at each other.
pub(crate) fn urn(id: Uuid) -> String {
    format!("urn:uuid:{id}")
}
