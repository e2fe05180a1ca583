//! The description of every synced table, derived from its entity struct.
//!
//! Both stores read and write rows from this description alone, so a new column is one line in the entity and one
//! migration per store.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::role::FeedClass;
use crate::row::{Fields, Row};
use crate::time::{ClinicDate, UtcInstant};

/// How a value is stored: JSON on the wire, a native type in each store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    /// JSON string · `text` · TEXT.
    Text,
    /// JSON integer · `bigint` · INTEGER.
    Int,
    /// JSON boolean · `boolean` · INTEGER 0/1.
    Bool,
    /// JSON `YYYY-MM-DD` · `date` · TEXT.
    Date,
    /// JSON integer of milliseconds since 1970 UTC · `timestamptz` · INTEGER.
    Instant,
    /// JSON string, hyphened lower case · `uuid` · TEXT.
    Uuid,
    /// Any JSON · `jsonb` · TEXT.
    Json,
}

/// How a column rests in the server's database. What travels, and what a workstation keeps in its own encrypted file, is
/// the same for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rest {
    /// As it is: the database asks for it.
    Open,
    /// Encrypted under the clinic's key: what somebody wrote about a patient in their own words.
    Sealed,
    /// The same, with a keyed hash beside it in `<name>_mark`, for the questions that ask whether two are equal.
    Matched,
}

/// One column of a synced table beside the common ones (`id`, `rev` and the attribution).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, the same in both stores and on the wire.
    pub name: &'static str,
    /// How it is stored.
    pub kind: ColumnKind,
    /// Whether it may be null.
    pub optional: bool,
    /// How it rests in the server's database.
    pub rest: Rest,
}

/// One synced table.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name as an enum.
    pub name: TableName,
    /// Its name in both stores and on the wire.
    pub sql: &'static str,
    /// The feed it travels in.
    pub class: FeedClass,
    /// Rows are never changed or deleted.
    pub append_only: bool,
    /// The columns beside the common ones, in the order of the entity struct.
    pub columns: &'static [Column],
}

impl Table {
    /// A column by name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// The columns that rest encrypted in the server's database.
    pub fn sealed(&self) -> impl Iterator<Item = &'static Column> {
        self.columns.iter().filter(|c| c.rest != Rest::Open)
    }
}

/// A Rust type that can be a column.
pub trait ColumnType {
    /// How it is stored.
    const KIND: ColumnKind;
    /// Whether it may be null.
    const OPTIONAL: bool = false;
}

macro_rules! column_types {
    ($($ty:ty => $kind:ident),+ $(,)?) => {$(
        impl ColumnType for $ty { const KIND: ColumnKind = ColumnKind::$kind; }
    )+};
}

column_types! {
    String => Text, i64 => Int, i32 => Int, u8 => Int, bool => Bool, ClinicDate => Date, UtcInstant => Instant,
    uuid::Uuid => Uuid, serde_json::Value => Json, serde_json::Map<String, serde_json::Value> => Json,
    crate::ids::ClinicId => Uuid, crate::ids::UserId => Uuid, crate::ids::WorkstationId => Uuid,
    crate::ids::CommandId => Uuid, crate::ids::PatientId => Uuid, crate::ids::PractitionerId => Uuid,
    crate::ids::LocationId => Uuid, crate::ids::AppointmentTypeId => Uuid, crate::ids::AppointmentId => Uuid,
    crate::ids::ObservationId => Uuid, crate::ids::NoteId => Uuid,
    crate::ids::ProviderId => Uuid, crate::ids::DocumentId => Uuid,
    crate::ids::InvoiceId => Uuid, crate::ids::PaymentId => Uuid,
}

impl<T: ColumnType> ColumnType for Option<T> {
    const KIND: ColumnKind = T::KIND;
    const OPTIONAL: bool = true;
}

/// A struct that is a table: its fields beside `id` are the columns.
pub trait Entity: Serialize + DeserializeOwned {
    /// The description of the table.
    const TABLE: Table;

    /// The typed view of a row.
    ///
    /// # Errors
    /// When a field is missing or of another type; names the field, never the value.
    fn from_row(row: &Row) -> Result<Self, BadRow> {
        let mut object = row.fields.clone();
        object.insert("id".into(), serde_json::Value::String(row.id.to_string()));
        serde_json::from_value(serde_json::Value::Object(object))
            .map_err(|_| BadRow { table: Self::TABLE.sql, id: row.id })
    }

    /// The columns and their values, without `id`.
    #[must_use]
    fn to_fields(&self) -> Fields {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::Object(mut object)) => {
                object.remove("id");
                object
            }
            _ => Fields::new(),
        }
    }
}

/// A row that does not fit its entity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {id} of {table} does not fit its description")]
pub struct BadRow {
    /// The table.
    pub table: &'static str,
    /// The row.
    pub id: uuid::Uuid,
}

/// A table from its fields. `field: Type => Sealed` rests encrypted at the server, see [`Rest`].
macro_rules! entity {
    ($(#[$doc:meta])* $name:ident, id: $id:ty, $sql:literal, $class:ident $(, $append_only:ident)? {
        $($(#[$fdoc:meta])* $field:ident : $ty:ty $(=> $rest:ident)?),+ $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct $name {
            /// Primary key, with the clinic.
            pub id: $id,
            $($(#[$fdoc])* pub $field: $ty),+
        }

        impl $crate::table::Entity for $name {
            const TABLE: $crate::table::Table = $crate::table::Table {
                name: $crate::table::TableName::$name,
                sql: $sql,
                class: $crate::role::FeedClass::$class,
                append_only: $crate::table::entity!(@ao $($append_only)?),
                columns: &[$($crate::table::Column {
                    name: stringify!($field),
                    kind: <$ty as $crate::table::ColumnType>::KIND,
                    optional: <$ty as $crate::table::ColumnType>::OPTIONAL,
                    rest: $crate::table::entity!(@rest $($rest)?),
                }),+],
            };
        }
    };
    (@ao) => { false };
    (@ao append_only) => { true };
    (@rest) => { $crate::table::Rest::Open };
    (@rest $rest:ident) => { $crate::table::Rest::$rest };
}
pub(crate) use entity;

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident = $sql:literal),+ $(,)?) => {
        /// Every synced table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
        pub enum TableName { $($(#[$doc])* #[serde(rename = $sql)] $name),+ }

        impl TableName {
            /// Every table, parents before children: rows may be loaded in this order.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The description of the table.
            #[must_use]
            pub fn table(self) -> &'static Table {
                match self { $(Self::$name => {
                    const TABLE: &Table = &<crate::entities::$name as Entity>::TABLE;
                    TABLE
                }),+ }
            }

            /// The name in both stores and on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $sql),+ }
            }
        }

        impl std::str::FromStr for TableName {
            type Err = crate::role::UnknownWord;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text { $($sql => Ok(Self::$name),)+ _ => Err(crate::role::UnknownWord) }
            }
        }
    };
}

tables! {
    /// The clinic itself.
    Clinic = "clinic",
    /// Sites and rooms.
    Location = "location",
    /// Names of the people who sign in.
    UserName = "user_name",
    /// Who sees patients.
    Practitioner = "practitioner",
    /// Provider numbers.
    PractitionerLocation = "practitioner_location",
    /// Kinds of appointments.
    AppointmentType = "appointment_type",
    /// The address book.
    ExternalProvider = "external_provider",
    /// Letters to begin with.
    LetterTemplate = "letter_template",
    /// Rosters, breaks and leave.
    SessionTemplate = "session_template",
    /// Patients.
    Patient = "patient",
    /// Medicare and other numbers.
    PatientIdentifier = "patient_identifier",
    /// Phones, emails, next of kin.
    PatientContact = "patient_contact",
    /// Addresses.
    Address = "address",
    /// Warnings.
    Alert = "alert",
    /// Whose record is shut to all but some.
    Restriction = "restriction",
    /// Who has opened a restricted record, and why.
    BrokenGlass = "broken_glass",
    /// The book.
    Appointment = "appointment",
    /// What patients agreed to.
    Consent = "consent",
    /// What happened to a booking.
    AppointmentEvent = "appointment_event",
    /// Whom to ask back, and when.
    Recall = "recall",
    /// What somebody must look at.
    Conflict = "conflict",
    /// What a patient does not bear.
    Allergy = "allergy",
    /// Problems.
    Condition = "condition",
    /// Medicines.
    Medication = "medication",
    /// What was measured.
    Observation = "observation",
    /// Signed notes.
    ClinicalNote = "clinical_note",
    /// Letters that left the clinic.
    Letter = "letter",
    /// Results that somebody must act on.
    InboxItem = "inbox_item",
    /// Documents that the desk needs.
    DeskDocument = "desk_document",
    /// Clinical documents.
    Document = "document",
    /// What a clinician must look at.
    RecordConflict = "record_conflict",
    /// Bills.
    Invoice = "invoice",
    /// What was billed.
    InvoiceItem = "invoice_item",
    /// What was paid.
    Payment = "payment",
    /// Who changed what.
    AuditEvent = "audit_event",
    /// Who came in, and who was let in.
    AccessEvent = "access_event",
    /// What the log of the system before Wattle says.
    FormerEvent = "former_event",
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::role::FeedClass;

    #[test]
    fn texts_and_values_can_be_sealed_and_nothing_else() {
        for table in TableName::ALL.iter().map(|name| name.table()) {
            for column in table.sealed() {
                let can = matches!(column.kind, ColumnKind::Text | ColumnKind::Json);
                assert!(can, "{}.{} has a type that PostgreSQL must read", table.sql, column.name);
                assert_ne!(table.class, FeedClass::Ref, "{}: names of rooms are no secret", table.sql);
            }
        }
    }

    /// What people write about a patient in their own words: a new column of that kind is sealed, or said here to be open.
    #[test]
    fn words_about_patients_are_sealed() {
        let wordy = ["note", "text", "body", "reason", "reaction", "comment", "summary"];
        let open: &[&str] = &[];
        for table in TableName::ALL.iter().map(|name| name.table()) {
            let about_patients = !matches!(table.class, FeedClass::Ref | FeedClass::Admin);
            for column in table.columns.iter().filter(|c| about_patients && c.kind == ColumnKind::Text) {
                let is_wordy = column.name.split('_').any(|word| wordy.contains(&word));
                let name = format!("{}.{}", table.sql, column.name);
                if is_wordy && !open.contains(&name.as_str()) {
                    assert_ne!(column.rest, Rest::Open, "{name} rests open: seal it, or say here why not");
                }
            }
        }
    }
}
