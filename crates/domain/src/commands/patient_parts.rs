//! What hangs on a patient: contacts, identifiers, addresses, alerts. Cleaned and checked here, for both verbs.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::entities::{Address, Alert, PatientContact, PatientIdentifier};
use crate::fields::{AddressKind, AlertPlace, AlertSeverity, ContactKind, IdentifierKind};
use crate::identifiers;
use crate::ids::{AddressId, AlertId, ContactId, IdentifierId, PatientId};
use crate::row::RowChange;
use crate::table::TableName;
use crate::time::ClinicDate;

/// A new contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewContact {
    /// The id it gets.
    pub id: ContactId,
    /// What it is.
    pub kind: ContactKind,
    /// As typed.
    pub value: String,
    /// The person, for next of kin and guardian.
    #[serde(default)]
    pub name: Option<String>,
    /// A note.
    #[serde(default)]
    pub note: Option<String>,
    /// The first one to try.
    #[serde(default)]
    pub preferred: bool,
}

/// A new identifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewIdentifier {
    /// The id it gets.
    pub id: IdentifierId,
    /// What it is.
    pub kind: IdentifierKind,
    /// As typed.
    pub value: String,
    /// Medicare individual reference number; DVA entitlement.
    #[serde(default)]
    pub reference: Option<String>,
    /// Expiry.
    #[serde(default)]
    pub expires_on: Option<ClinicDate>,
}

/// A new address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAddress {
    /// The id it gets.
    pub id: AddressId,
    /// Home or postal.
    pub kind: AddressKind,
    /// Street and number.
    pub line1: String,
    /// Second line.
    #[serde(default)]
    pub line2: Option<String>,
    /// Suburb.
    #[serde(default)]
    pub suburb: Option<String>,
    /// State.
    #[serde(default)]
    pub state: Option<String>,
    /// Postcode.
    #[serde(default)]
    pub postcode: Option<String>,
}

/// A new alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAlert {
    /// The id it gets.
    pub id: AlertId,
    /// How loud.
    pub severity: AlertSeverity,
    /// What it says.
    pub text: String,
    /// Where it shows.
    pub place: AlertPlace,
    /// Last day.
    #[serde(default)]
    pub expires_on: Option<ClinicDate>,
}

/// New parts of a patient.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientParts {
    /// Contacts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<NewContact>,
    /// Identifiers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<NewIdentifier>,
    /// Addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<NewAddress>,
    /// Alerts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<NewAlert>,
}

impl PatientParts {
    /// The rows they become.
    pub(super) fn inserts(&self, patient_id: PatientId) -> Vec<RowChange> {
        let contacts = self.contacts.iter().map(|c| {
            RowChange::insert(
                c.id,
                &PatientContact {
                    id: c.id,
                    patient_id,
                    kind: c.kind,
                    value: identifiers::clean_contact(c.kind, &c.value),
                    name: c.name.clone(),
                    note: c.note.clone(),
                    preferred: c.preferred,
                    field_changes: Map::new(),
                },
            )
        });
        let identifiers = self.identifiers.iter().map(|i| {
            let value = identifiers::clean(i.kind, &i.value);
            RowChange::insert(
                i.id,
                &PatientIdentifier {
                    id: i.id,
                    patient_id,
                    kind: i.kind,
                    check_failed: identifiers::check(i.kind, &value).is_err(),
                    value,
                    reference: i.reference.clone(),
                    expires_on: i.expires_on,
                    field_changes: Map::new(),
                },
            )
        });
        let addresses = self.addresses.iter().map(|a| {
            RowChange::insert(
                a.id,
                &Address {
                    id: a.id,
                    patient_id,
                    kind: a.kind,
                    line1: a.line1.trim().to_owned(),
                    line2: a.line2.clone(),
                    suburb: a.suburb.clone(),
                    state: a.state.clone(),
                    postcode: a.postcode.clone(),
                    field_changes: Map::new(),
                },
            )
        });
        let alerts = self.alerts.iter().map(|a| {
            RowChange::insert(
                a.id,
                &Alert {
                    id: a.id,
                    patient_id,
                    severity: a.severity,
                    text: a.text.clone(),
                    place: a.place,
                    expires_on: a.expires_on,
                },
            )
        });
        contacts.chain(identifiers).chain(addresses).chain(alerts).collect()
    }
}

/// The value of a field as it is stored: trimmed, empty as null, phones and identifiers in their stored form.
pub(super) fn clean_field(table: TableName, row_kind: Option<&Value>, field: &str, value: &Value) -> Value {
    let Value::String(text) = value else { return value.clone() };
    let text = text.trim();
    if text.is_empty() {
        return Value::Null;
    }
    let kind = row_kind.cloned().unwrap_or(Value::Null);
    let stored = match (table, field) {
        (TableName::PatientContact, "value") => match serde_json::from_value::<ContactKind>(kind) {
            Ok(kind) => identifiers::clean_contact(kind, text),
            Err(_) => text.to_owned(),
        },
        (TableName::PatientIdentifier, "value") => match serde_json::from_value::<IdentifierKind>(kind) {
            Ok(kind) => identifiers::clean(kind, text),
            Err(_) => text.to_owned(),
        },
        _ => text.to_owned(),
    };
    Value::String(stored)
}
