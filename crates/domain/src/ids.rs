//! A type for every id, so that a patient's id cannot be passed for an appointment's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )+};
}

ids! {
    /// A tenant.
    ClinicId,
    /// A person who signs in.
    UserId,
    /// An enrolled device.
    WorkstationId,
    /// A command; made by the workstation, v7.
    CommandId,
    /// A person the clinic cares for.
    PatientId,
    /// A phone, email or other way to reach a patient.
    ContactId,
    /// A Medicare, IHI, DVA … number of a patient.
    IdentifierId,
    /// A postal or street address of a patient.
    AddressId,
    /// A warning shown with a patient.
    AlertId,
    /// Somebody who sees patients.
    PractitionerId,
    /// A site or a room.
    LocationId,
    /// A kind of appointment.
    AppointmentTypeId,
    /// A part of a practitioner's roster.
    SessionTemplateId,
    /// A booking.
    AppointmentId,
    /// One step in the life of a booking.
    AppointmentEventId,
    /// A word of a patient.
    ConsentId,
    /// Somebody in the address book.
    ProviderId,
    /// A letter.
    LetterId,
    /// A letter to begin with.
    LetterTemplateId,
    /// A result in the inbox.
    InboxItemId,
    /// A scan, a photo, a letter: something with bytes.
    DocumentId,
    /// A difference that somebody must look at.
    ConflictId,
    /// A line of a patient's allergies.
    AllergyId,
    /// A problem of a patient.
    ConditionId,
    /// A medicine of a patient.
    MedicationId,
    /// Something measured.
    ObservationId,
    /// A signed text; also of its draft before.
    NoteId,
    /// A reason to ask a patient back.
    RecallId,
    /// A bill.
    InvoiceId,
    /// A line of a bill.
    InvoiceItemId,
    /// Money that came in, or went back.
    PaymentId,
    /// One file of a workstation, as far as command numbers go: each profile's file numbers its own, and a copy of a disk
    /// draws a new one.
    ReplicaId,
    /// Commands that are decided together or not at all.
    GroupId,
}

/// Position of a commit in its feed; dense, from 1. 0 is "nothing yet".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FeedSeq(pub u64);

/// How many times the server has written a row; 1 when inserted, 0 for a row that only exists on a workstation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rev(pub i64);

/// An id derived from a command, the same on both sides: `v5(command, "purpose/part")`.
#[must_use]
pub fn derived(command: CommandId, purpose: &str) -> Uuid {
    Uuid::new_v5(&command.0, purpose.as_bytes())
}
