//! Why a record was rejected, or what is to be said about one that was loaded.

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $word:literal),+ $(,)?) => {
        /// A reason code; stored, counted and logged, never beside a value.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Code { $($(#[$doc])* #[serde(rename = $word)] $name),+ }

        impl Code {
            /// As it is stored.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// Back from that.
            #[must_use]
            pub fn read(text: &str) -> Option<Self> {
                match text { $($word => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

codes! {
    /// The record has another number of cells than there are columns.
    ColumnCount = "COLUMN_COUNT",
    /// No key.
    NullKey = "NULL_KEY",
    /// Another record has the same key (compared without case and outer blanks).
    DuplicateKey = "DUPLICATE_KEY",
    /// Points to a record that is not in the export.
    Orphan = "ORPHAN",
    /// Points to a record that was itself rejected.
    ParentRejected = "PARENT_REJECTED",
    /// Something that must be there is empty.
    RequiredEmpty = "REQUIRED_EMPTY",
    /// No form of the mapping reads this date, or the day does not exist.
    DateUnparsed = "DATE_UNPARSED",
    /// Two forms, or two centuries, give different days.
    DateAmbiguous = "DATE_AMBIGUOUS",
    /// A birth, a death or the day on which a recall was done, after the export.
    DateFuture = "DATE_FUTURE",
    /// Not a time of day.
    TimeUnparsed = "TIME_UNPARSED",
    /// Clocks went back: this wall time came twice; the first was taken.
    TimeAmbiguous = "TIME_AMBIGUOUS",
    /// Clocks went forward: this wall time never came; the one past the gap was taken.
    TimeMissing = "TIME_MISSING",
    /// Text where a number belongs.
    NumText = "NUM_TEXT",
    /// An amount of money with parts of a cent: nobody here rounds it.
    MoneyFraction = "MONEY_FRACTION",
    /// OData gave `?`: what is there does not fit its field's type. The Data API or an XML export has the text.
    OdataUnsaid = "ODATA_UNSAID",
    /// A length of zero, less, or over a day.
    DurationRange = "DURATION_RANGE",
    /// A measured value that cannot be true, a quantity of nothing, or GST that is no part of its fee.
    ValueRange = "VALUE_RANGE",
    /// A word that the mapping does not translate.
    ValueUnknown = "VALUE_UNKNOWN",
    /// Matched by a key that differs in case or outer blanks.
    KeyFolded = "KEY_FOLDED",
    /// A number that fails its check; kept and marked.
    IdentifierCheck = "IDENTIFIER_CHECK",
    /// A number that another patient has and only one may, kept in staging; or one that another invoice has, and both keep.
    IdentifierTaken = "IDENTIFIER_TAKEN",
    /// A payment names another patient than its invoice; that of the invoice was taken.
    PatientDiffers = "PATIENT_DIFFERS",
    /// A phone number that does not parse; kept as written.
    PhoneRaw = "PHONE_RAW",
    /// An email address without `@`; kept as written.
    EmailOdd = "EMAIL_ODD",
    /// A postcode that had lost its leading zero.
    PostcodePadded = "POSTCODE_PADDED",
    /// A postcode of another shape; kept as written.
    PostcodeOdd = "POSTCODE_ODD",
    /// Only one name; it stands as family name.
    SingleName = "SINGLE_NAME",
    /// The file of a document was not fetched yet.
    ContainerNotCopied = "CONTAINER_NOT_COPIED",
    /// The container holds nothing.
    ContainerEmpty = "CONTAINER_EMPTY",
    /// FileMaker says that there is a file, and gives none.
    ContainerMissing = "CONTAINER_MISSING",
    /// FileMaker holds a path to a file, not the file.
    ContainerReference = "CONTAINER_REFERENCE",
    /// FileMaker's path to a file leads out of the folder of its storage.
    ContainerOutside = "CONTAINER_OUTSIDE",
    /// More or fewer bytes than FileMaker says.
    ContainerSize = "CONTAINER_SIZE",
    /// Other bytes than FileMaker's checksum is of.
    ContainerMd5 = "CONTAINER_MD5",
    /// Larger than any document may be.
    ContainerLarge = "CONTAINER_LARGE",
    /// A program.
    ContainerProgram = "CONTAINER_PROGRAM",
    /// Its name promises another kind of file than it is; kept as what it is.
    ContainerType = "CONTAINER_TYPE",
    /// The same file as another document of the same patient; kept once.
    SameContent = "SAME_CONTENT",
    /// Overlaps an earlier booking of the practitioner; loaded as a deliberate double booking.
    DoubleBooked = "DOUBLE_BOOKED",
}

/// A code and the FileMaker field that it is about; empty when it is about the whole record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reason {
    /// What.
    pub code: Code,
    /// Where, by its FileMaker name.
    pub column: String,
    /// Where a file should have been. Into staging only: it may name a patient.
    #[serde(skip)]
    pub path: Option<String>,
}

impl Reason {
    /// A reason.
    #[must_use]
    pub fn new(code: Code, column: &str) -> Self {
        Self { code, column: column.into(), path: None }
    }

    /// About a file that should have been somewhere.
    #[must_use]
    pub fn at(mut self, path: Option<String>) -> Self {
        self.path = path;
        self
    }
}
