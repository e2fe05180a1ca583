//! Who may do what: the one table of grants that the UI, `decide` and PostgreSQL are driven by.

use serde::{Deserialize, Serialize};

/// A sensitivity class; with the clinic it names a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedClass {
    /// Practitioners, rooms, types, templates.
    Ref,
    /// Patients, appointments, waiting room.
    Front,
    /// Notes, observations, medicines.
    Clinical,
    /// Invoices and payments.
    Billing,
    /// Audit, grants, users.
    Admin,
}

impl FeedClass {
    /// Every class, in key order.
    pub const ALL: [Self; 5] = [Self::Ref, Self::Front, Self::Clinical, Self::Billing, Self::Admin];

    /// The word used on the wire and in PostgreSQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ref => "ref",
            Self::Front => "front",
            Self::Clinical => "clinical",
            Self::Billing => "billing",
            Self::Admin => "admin",
        }
    }
}

impl std::str::FromStr for FeedClass {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|c| c.as_str() == text).ok_or(UnknownWord)
    }
}

/// A word that is none of the known ones, for example from a newer version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown word")]
pub struct UnknownWord;

/// What somebody is in the clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The front desk.
    Reception,
    /// Nurses.
    Nurse,
    /// Doctors and allied health.
    Practitioner,
    /// Runs the practice.
    PracticeManager,
    /// Runs the system.
    Admin,
}

/// What a grant is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Noun {
    /// Patients, their contacts, identifiers, addresses and alerts.
    Patient,
    /// The appointment book.
    Appointment,
    /// Where a patient is between door and door.
    WaitingRoom,
    /// Consultations.
    Encounter,
    /// Differences that somebody must look at.
    Conflict,
    /// Clinical records.
    ClinicalRecord,
    /// Money.
    Billing,
    /// The audit log.
    Audit,
    /// Accounts and their roles.
    Account,
    /// The clinic's computers.
    Workstation,
    /// Whose record is restricted, and to whom it is open all the same.
    Restriction,
    /// Opening a restricted record for an hour (write); being told of it (read).
    BrokenGlass,
    /// Who sees patients: the columns of the day book.
    Practitioner,
    /// The clinic's own letters to begin with.
    LetterTemplate,
}

/// What a grant allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// See it.
    Read,
    /// Add or change it.
    Write,
}

/// A noun and what may be done with it; the scope is the clinic.
pub type Grant = (Noun, Action);

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] =
        [Self::Reception, Self::Nurse, Self::Practitioner, Self::PracticeManager, Self::Admin];

    /// The word used on the wire and in PostgreSQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reception => "reception",
            Self::Nurse => "nurse",
            Self::Practitioner => "practitioner",
            Self::PracticeManager => "practice_manager",
            Self::Admin => "admin",
        }
    }

    /// The feeds this role may hold on a workstation.
    #[must_use]
    pub fn classes(self) -> &'static [FeedClass] {
        use FeedClass::{Admin, Billing, Clinical, Front, Ref};
        match self {
            Self::Reception => &[Ref, Front],
            Self::Nurse | Self::Practitioner => &[Ref, Front, Clinical],
            Self::PracticeManager => &[Ref, Front, Billing, Admin],
            Self::Admin => &[Ref, Admin],
        }
    }

    /// What this role may do.
    pub fn grants(self) -> impl Iterator<Item = Grant> {
        use Action::{Read, Write};
        use Noun::{
            Account, Appointment, Audit, Billing, BrokenGlass, ClinicalRecord, Conflict, Encounter,
            LetterTemplate, Patient, Practitioner, Restriction, WaitingRoom, Workstation,
        };
        const DESK: &[Grant] = &[
            (Patient, Read),
            (Patient, Write),
            (Appointment, Read),
            (Appointment, Write),
            (WaitingRoom, Read),
            (WaitingRoom, Write),
            (Conflict, Read),
            (Conflict, Write),
            (BrokenGlass, Write),
        ];
        const ROOM: &[Grant] =
            &[(Encounter, Read), (Encounter, Write), (ClinicalRecord, Read), (ClinicalRecord, Write)];
        // Who treats somebody, and who runs the house, know who is in need of it.
        const CARE: &[Grant] = &[(Restriction, Write)];
        const TOLD: &[Grant] = &[(BrokenGlass, Read)];
        // Who writes letters, and who runs the house.
        const WORDS: &[Grant] = &[(LetterTemplate, Write)];
        const BOOKS: &[Grant] = &[(Billing, Read), (Billing, Write)];
        const PROOF: &[Grant] = &[(Audit, Read)];
        const ROSTER: &[Grant] = &[(Practitioner, Write)];
        const HOUSE: &[Grant] =
            &[(Account, Read), (Account, Write), (Workstation, Read), (Workstation, Write)];
        let parts: &[&[Grant]] = match self {
            Self::Reception => &[DESK],
            Self::Nurse => &[DESK, ROOM, WORDS],
            Self::Practitioner => &[DESK, ROOM, CARE, WORDS],
            Self::PracticeManager => &[DESK, BOOKS, PROOF, CARE, TOLD, ROSTER, WORDS],
            Self::Admin => &[PROOF, HOUSE, ROSTER, WORDS],
        };
        parts.iter().copied().flatten().copied()
    }

    /// Whether this role has a grant.
    #[must_use]
    pub fn may(self, grant: Grant) -> bool {
        self.grants().any(|held| held == grant)
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|r| r.as_str() == text).ok_or(UnknownWord)
    }
}

/// The name of the profile (set of feeds) of some roles: the classes joined by `-`, for example `ref-front`.
#[must_use]
pub fn profile(roles: &[Role]) -> String {
    classes(roles).iter().map(|c| c.as_str()).collect::<Vec<_>>().join("-")
}

/// The union of the classes of some roles, in key order.
#[must_use]
pub fn classes(roles: &[Role]) -> Vec<FeedClass> {
    FeedClass::ALL.into_iter().filter(|c| roles.iter().any(|r| r.classes().contains(c))).collect()
}
