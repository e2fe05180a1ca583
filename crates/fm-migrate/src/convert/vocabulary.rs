//! The fields whose words a mapping translates, and the words of ours that it can translate into.

use wattle_domain::fields::{
    AllergyKind, AllergySeverity, AppointmentStatus, DocumentKind, EntryStatus, FormerAct, INDIGENOUS_STATUS,
    ObservationCode, Payer, PaymentMethod, RecallStatus, Sex,
};

use crate::ids::SourceTable;
use crate::mapping::Mapping;

macro_rules! every {
    ($words:ty) => {
        <$words>::ALL.iter().map(|word| word.as_str().to_owned()).collect()
    };
}

/// Our words of a field; `None` where nothing of it is translated.
pub(crate) fn vocabulary(mapping: &Mapping, table: SourceTable, field: &str) -> Option<Vec<String>> {
    Some(match (table, field) {
        (SourceTable::Practitioners, "active") => vec!["yes".to_owned(), "no".to_owned()],
        (SourceTable::Patients, "sex") => every!(Sex),
        (SourceTable::Patients, "indigenous_status") => INDIGENOUS_STATUS.map(str::to_owned).into(),
        (SourceTable::Appointments, "status") => every!(AppointmentStatus),
        (SourceTable::Appointments, "type") => {
            mapping.appointment_type.iter().map(|kind| kind.name.clone()).collect()
        }
        (SourceTable::Allergies, "substance") => vec![AllergyKind::NilKnown.as_str().to_owned()],
        (SourceTable::Allergies, "kind") => every!(AllergyKind),
        (SourceTable::Allergies, "severity") => every!(AllergySeverity),
        (SourceTable::Allergies | SourceTable::Medicines, "status") => every!(EntryStatus),
        (SourceTable::Observations, "kind") => every!(ObservationCode),
        (SourceTable::Recalls, "status") => every!(RecallStatus),
        (SourceTable::Invoices, "payer") => every!(Payer),
        (SourceTable::Payments, "method") => every!(PaymentMethod),
        (SourceTable::Log, "action") => every!(FormerAct),
        (SourceTable::Documents, "kind") => every!(DocumentKind),
        _ => return None,
    })
}
