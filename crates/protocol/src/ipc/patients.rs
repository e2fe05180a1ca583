//! Patients. Commands: `search_patients(SearchPatients) -> Vec<PatientHit>`, `patient(PatientQuery) -> PatientRecord`,
//! `possible_duplicates(PatientDraft) -> Vec<PossibleDuplicate>`, `register_patient(RegisterPatient)`,
//! `edit_patient(EditPatient)`: the domain's commands as they are; a nil id asks the shell for a new one. Of restricted
//! records: `restriction(PatientQuery) -> RestrictionForm`, `restrict_patient(RestrictPatient)`, `break_glass(BreakGlass)`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wattle_domain::commands::{PatientDetails, PatientParts};
use wattle_domain::entities::{Address, Alert, Consent, Patient, PatientContact, PatientIdentifier, Recall};
use wattle_domain::{ClinicDate, PatientId, Rev, UserId, UtcInstant};

use super::daybook::Card;

/// Arguments of `search_patients`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchPatients {
    /// As typed: names in any order, part words, phone digits, a birth date, an identifier.
    pub query: String,
    /// How many at most.
    pub limit: u32,
}

/// One line of the results, best first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientHit {
    /// Who.
    pub id: PatientId,
    /// Record number, `None` until the server gave one.
    pub record_number: Option<String>,
    /// Family name.
    pub family_name: String,
    /// Given names.
    pub given_name: Option<String>,
    /// Preferred name.
    pub preferred_name: Option<String>,
    /// Birth date.
    pub birth_date: Option<ClinicDate>,
    /// First phone to try, as stored.
    pub phone: Option<String>,
    /// Suburb.
    pub suburb: Option<String>,
    /// Deceased.
    pub deceased: bool,
    /// The folded words of the query that matched, so that the page can mark them.
    pub matched: Vec<String>,
    /// Found by sound or by one wrong letter only.
    pub fuzzy: bool,
    /// Not yet on the server.
    pub pending: bool,
}

/// Arguments of `patient`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientQuery {
    /// Who.
    pub id: PatientId,
}

/// A patient with what hangs on them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PatientRecord {
    /// The person. `field_changes` says who changed each field last; names are in `names`.
    pub patient: Patient,
    /// Contacts, preferred first.
    pub contacts: Vec<PatientContact>,
    /// Identifiers.
    pub identifiers: Vec<PatientIdentifier>,
    /// Addresses.
    pub addresses: Vec<Address>,
    /// Alerts that have not expired.
    pub alerts: Vec<Alert>,
    /// Appointments, latest first, at most 50.
    pub appointments: Vec<Card>,
    /// Recalls, the next first.
    #[serde(default)]
    pub recalls: Vec<Recall>,
    /// Consents, the latest word first.
    #[serde(default)]
    pub consents: Vec<Consent>,
    /// Revision of each row above, for `seen_rev` of an edit.
    pub revs: BTreeMap<uuid::Uuid, Rev>,
    /// Rows above that are not yet on the server.
    pub pending: Vec<uuid::Uuid>,
    /// Display names of the users that appear in this record.
    pub names: BTreeMap<UserId, String>,
    /// The record is restricted; `None` for most.
    #[serde(default)]
    pub restricted: Option<Restricted>,
    /// Display names of those to whom a restricted record is open.
    #[serde(default)]
    pub open_to: Vec<String>,
    /// Who changed the patient's row last.
    pub updated_by: Option<UserId>,
    /// When.
    pub updated_at: UtcInstant,
}

/// How a restricted record stands before whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restricted {
    /// It is shut to them: only who it is and when they come is here.
    pub shut: bool,
    /// They have broken the glass: it shuts by itself then. `None`: it is shut, or open to them anyhow.
    pub until: Option<UtcInstant>,
}

/// To whom a record is open, and who could be named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestrictionForm {
    /// It is restricted now.
    pub restricted: bool,
    /// To whom it is (or was last) open.
    pub open_to: Vec<UserId>,
    /// Everybody with an open account, by name.
    pub people: Vec<(UserId, String)>,
}

/// What the registration form holds so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientDraft {
    /// Who.
    pub details: PatientDetails,
    /// What hangs on them; ids are ignored.
    pub parts: PatientParts,
}

/// Somebody who may be the same person: any two of given name, family name, birth date, identifier, street agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PossibleDuplicate {
    /// Who.
    pub hit: PatientHit,
    /// What agrees: `given_name`, `family_name`, `birth_date`, `identifier`, `street`, `phone`.
    pub agrees: Vec<String>,
}
