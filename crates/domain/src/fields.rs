//! Words that columns hold: each a Rust enum, stored and sent as its snake_case name.

use serde::{Deserialize, Serialize};

use crate::table::{ColumnKind, ColumnType, TableName};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every word.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word as it is stored and sent.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::role::UnknownWord;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text { $($word => Ok(Self::$variant),)+ _ => Err(crate::role::UnknownWord) }
            }
        }

        impl ColumnType for $name {
            const KIND: ColumnKind = ColumnKind::Text;
        }
    )+};
}

/// The codes of Indigenous status: METeOR 602543.
pub const INDIGENOUS_STATUS: [&str; 5] = ["1", "2", "3", "4", "9"];

words! {
    /// Sex recorded at birth or for clinical purposes.
    Sex {
        /// Female.
        Female = "female",
        /// Male.
        Male = "male",
        /// Another term.
        Other = "other",
        /// Not stated.
        Unknown = "unknown",
    }
    /// How sure the birth date is (AU Core date accuracy, simplified).
    BirthDateAccuracy {
        /// As on a document.
        Exact = "exact",
        /// Year right, day or month guessed.
        Estimated = "estimated",
        /// Not known.
        Unknown = "unknown",
    }
    /// What a contact is.
    ContactKind {
        /// Mobile phone.
        Mobile = "mobile",
        /// Home phone.
        Home = "home",
        /// Work phone.
        Work = "work",
        /// Email address.
        Email = "email",
        /// Next of kin, with a name.
        NextOfKin = "next_of_kin",
        /// Guardian, with a name.
        Guardian = "guardian",
    }
    /// What an identifier is.
    IdentifierKind {
        /// Medicare card.
        Medicare = "medicare",
        /// Individual Healthcare Identifier.
        Ihi = "ihi",
        /// Department of Veterans' Affairs file number.
        Dva = "dva",
        /// Pensioner concession card.
        Pension = "pension",
        /// Health care card.
        Hcc = "hcc",
        /// Private health fund.
        Private = "private",
        /// The key in the system the clinic came from.
        Legacy = "legacy",
    }
    /// What an address is for.
    AddressKind {
        /// Where the person lives.
        Home = "home",
        /// Where letters go.
        Postal = "postal",
    }
    /// How loud an alert is.
    AlertSeverity {
        /// Good to know.
        Info = "info",
        /// Look before acting.
        Warning = "warning",
        /// Danger.
        Critical = "critical",
    }
    /// Where an alert shows.
    AlertPlace {
        /// While booking.
        Booking = "booking",
        /// When the record opens.
        Opening = "opening",
        /// While billing.
        Billing = "billing",
    }
    /// What a location is.
    LocationKind {
        /// A street address of the clinic.
        Site = "site",
        /// A room of a site.
        Room = "room",
    }
    /// What a part of a roster is.
    SessionKind {
        /// Sees patients.
        Session = "session",
        /// A break inside a session.
        Break = "break",
        /// Away.
        Leave = "leave",
    }
    /// Where an appointment stands.
    AppointmentStatus {
        /// In the book.
        Booked = "booked",
        /// The patient said they come.
        Confirmed = "confirmed",
        /// In the waiting room.
        Arrived = "arrived",
        /// With the practitioner.
        InConsult = "in_consult",
        /// Over.
        Done = "done",
        /// Did not attend.
        DidNotAttend = "did_not_attend",
        /// Called off.
        Cancelled = "cancelled",
    }
    /// What happened to an appointment.
    AppointmentEventKind {
        /// Put in the book.
        Booked = "booked",
        /// Confirmed by the patient.
        Confirmed = "confirmed",
        /// Moved to another time, length, room or practitioner.
        Rescheduled = "rescheduled",
        /// Came in.
        Arrived = "arrived",
        /// Shown to a room.
        Roomed = "roomed",
        /// Consultation began.
        InConsult = "in_consult",
        /// Consultation ended.
        Done = "done",
        /// Did not attend.
        DidNotAttend = "did_not_attend",
        /// Called off.
        Cancelled = "cancelled",
    }
    /// What became of a conflict.
    ConflictStatus {
        /// Somebody must look.
        Open = "open",
        /// Somebody has chosen.
        Resolved = "resolved",
    }
    /// What a line of the list of allergies says.
    AllergyKind {
        /// The immune system.
        Allergy = "allergy",
        /// Badly borne, without it.
        Intolerance = "intolerance",
        /// Asked, and none known.
        NilKnown = "nil_known",
    }
    /// How bad a reaction was.
    AllergySeverity {
        /// A nuisance.
        Mild = "mild",
        /// Needed care.
        Moderate = "moderate",
        /// Danger to life.
        Severe = "severe",
    }
    /// Where an allergy, a problem or a medicine stands.
    EntryStatus {
        /// It holds now.
        Active = "active",
        /// It is over: resolved, ceased, ruled out.
        Inactive = "inactive",
        /// It should never have been written; kept, and counted nowhere.
        EnteredInError = "entered_in_error",
    }
    /// What a signed text is.
    NoteKind {
        /// A note.
        Note = "note",
        /// A word after another note, which stands.
        Addendum = "addendum",
    }
    /// What was measured.
    ObservationCode {
        /// Blood pressure: systolic, and diastolic as the second value.
        BloodPressure = "blood_pressure",
        /// Heart rate.
        HeartRate = "heart_rate",
        /// Breaths.
        RespiratoryRate = "respiratory_rate",
        /// Body temperature.
        Temperature = "temperature",
        /// Oxygen saturation.
        OxygenSaturation = "oxygen_saturation",
        /// Body weight.
        Weight = "weight",
        /// Body height or length.
        Height = "height",
        /// Waist.
        Waist = "waist",
        /// Head circumference.
        HeadCircumference = "head_circumference",
        /// Blood glucose.
        BloodGlucose = "blood_glucose",
        /// Pain, 0 to 10.
        Pain = "pain",
    }
    /// What a patient agreed to.
    ConsentKind {
        /// That their record is given out of the house: to another doctor, or to themselves.
        ShareRecord = "share_record",
    }
    /// What was done about a result.
    ResultAction {
        /// Nothing was to be done.
        NoAction = "no_action",
        /// The patient knows.
        Told = "told",
        /// The desk is to tell the patient, who need not come.
        Tell = "tell",
        /// Another sample.
        Repeat = "repeat",
        /// The patient is asked back.
        Recall = "recall",
    }
    /// What a document is. Each kind is in one table, see [`DocumentKind::table`].
    DocumentKind {
        /// A referral to us.
        Referral = "referral",
        /// A consent.
        Consent = "consent",
        /// A card or another proof of who somebody is.
        Identity = "identity",
        /// A form, such as that of a new patient.
        Form = "form",
        /// A letter of another clinician.
        Letter = "letter",
        /// A result of a laboratory or of imaging.
        Result = "result",
        /// A picture of the patient.
        ClinicalImage = "clinical_image",
        /// A letter that was written here.
        OwnLetter = "own_letter",
        /// Something else about their health.
        Other = "other",
    }
    /// How a document came in.
    DocumentSource {
        /// A file that was chosen or dropped.
        File = "file",
        /// The clipboard.
        Paste = "paste",
        /// The folder of a scanner.
        Scan = "scan",
        /// A camera.
        Camera = "camera",
        /// Written in Wattle.
        Written = "written",
    }
    /// Where a document stands.
    DocumentStatus {
        /// It counts.
        Current = "current",
        /// It should not be here: the wrong patient, the wrong page. Kept, and counted nowhere.
        Withdrawn = "withdrawn",
    }
    /// Who is to pay.
    Payer {
        /// The patient, or whoever pays for them.
        Private = "private",
        /// Medicare: a bulk-billed service.
        Medicare = "medicare",
        /// The Department of Veterans' Affairs.
        Dva = "dva",
        /// The insurer of an employer.
        WorkCover = "workcover",
    }
    /// How money came.
    PaymentMethod {
        /// Notes and coins.
        Cash = "cash",
        /// EFTPOS, a credit card.
        Card = "card",
        /// A cheque.
        Cheque = "cheque",
        /// A transfer to the clinic's account.
        DirectDeposit = "direct_deposit",
        /// A benefit of Medicare.
        Medicare = "medicare",
        /// The Department of Veterans' Affairs.
        Dva = "dva",
        /// A private health fund.
        HealthFund = "health_fund",
        /// Something else, or nobody said.
        Other = "other",
    }
    /// What the log of the system before Wattle says was done.
    FormerAct {
        /// A record was made.
        Created = "created",
        /// Something in it was changed.
        Changed = "changed",
        /// A record, or what a field held, was taken away.
        Deleted = "deleted",
        /// It was looked at.
        Viewed = "viewed",
        /// It was put on paper.
        Printed = "printed",
        /// It was saved to a file.
        Exported = "exported",
        /// Something else, or nobody said.
        Other = "other",
    }
    /// What became of a recall.
    RecallStatus {
        /// To be done.
        Due = "due",
        /// The patient has been.
        Done = "done",
        /// Not needed any more.
        Cancelled = "cancelled",
    }
}

impl DocumentKind {
    /// The table of its documents: what the desk needs is in the desk's feed, what is clinical is not.
    #[must_use]
    pub fn table(self) -> TableName {
        match self {
            Self::Referral | Self::Consent | Self::Identity | Self::Form => TableName::DeskDocument,
            Self::Letter | Self::Result | Self::ClinicalImage | Self::OwnLetter | Self::Other => {
                TableName::Document
            }
        }
    }
}

impl AppointmentStatus {
    /// Whether it takes up the practitioner's time: two of these may not overlap.
    #[must_use]
    pub fn occupies(self) -> bool {
        !matches!(self, Self::Cancelled | Self::DidNotAttend)
    }
}
