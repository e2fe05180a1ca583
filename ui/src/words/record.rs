//! What stands in a record and in the book: codes as words.

use wattle_domain::fields::{
    AllergyKind, AllergySeverity, AppointmentStatus, DocumentKind, ObservationCode, Payer, PaymentMethod,
    ResultAction,
};
use wattle_protocol::ipc::documents::Bytes;

use super::field;
use crate::components::icon::Icon;

/// What was done about a result.
pub(crate) fn result_action(action: ResultAction) -> &'static str {
    match action {
        ResultAction::NoAction => "Nothing to do",
        ResultAction::Told => "The patient knows",
        ResultAction::Tell => "The desk tells the patient",
        ResultAction::Repeat => "Repeat the test",
        ResultAction::Recall => "Asked back",
    }
}

/// Who is to pay.
pub(crate) fn payer(payer: Payer) -> &'static str {
    match payer {
        Payer::Private => "Private",
        Payer::Medicare => "Medicare (bulk bill)",
        Payer::Dva => "DVA",
        Payer::WorkCover => "WorkCover",
    }
}

/// How money came.
pub(crate) fn payment_method(method: PaymentMethod) -> &'static str {
    match method {
        PaymentMethod::Cash => "Cash",
        PaymentMethod::Card => "Card or EFTPOS",
        PaymentMethod::Cheque => "Cheque",
        PaymentMethod::DirectDeposit => "Direct deposit",
        PaymentMethod::Medicare => "Medicare benefit",
        PaymentMethod::Dva => "DVA",
        PaymentMethod::HealthFund => "Health fund",
        PaymentMethod::Other => "Other",
    }
}

/// What a line of the allergies says.
pub(crate) fn allergy_kind(kind: AllergyKind) -> &'static str {
    match kind {
        AllergyKind::Allergy => "Allergy",
        AllergyKind::Intolerance => "Intolerance",
        AllergyKind::NilKnown => "Nil known",
    }
}

/// How bad a reaction was.
pub(crate) fn severity(severity: AllergySeverity) -> &'static str {
    match severity {
        AllergySeverity::Mild => "Mild",
        AllergySeverity::Moderate => "Moderate",
        AllergySeverity::Severe => "Severe",
    }
}

/// What was measured.
pub(crate) fn observation(code: ObservationCode) -> &'static str {
    field(code.as_str())
}

/// A kind of document.
pub(crate) fn document_kind(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Referral => "Referral",
        DocumentKind::Consent => "Consent",
        DocumentKind::Identity => "Card or ID",
        DocumentKind::Form => "Form",
        DocumentKind::Letter => "Letter to us",
        DocumentKind::Result => "Result",
        DocumentKind::ClinicalImage => "Clinical picture",
        DocumentKind::OwnLetter => "Letter from us",
        DocumentKind::Other => "Other",
    }
}

/// Where a document's bytes are; empty when there is nothing to say.
pub(crate) fn bytes_are(bytes: Bytes, waits_on: Option<&str>) -> String {
    match bytes {
        Bytes::Sending => "saved here, on its way to the server".into(),
        Bytes::Refused => "kept here: what arrived at the server was not what was filed. Tell support".into(),
        Bytes::Here => String::new(),
        Bytes::Server => "on the server, fetched when you open it".into(),
        Bytes::Elsewhere => format!("still on {}", waits_on.unwrap_or("another computer")),
        Bytes::Lost => "the server has lost this file; its entry stays. Tell support".into(),
        Bytes::Missing => "the file on this computer is gone or damaged. Tell support".into(),
    }
}

/// A state of an appointment.
pub(crate) fn status(status: AppointmentStatus) -> &'static str {
    match status {
        AppointmentStatus::Booked => "Booked",
        AppointmentStatus::Confirmed => "Confirmed",
        AppointmentStatus::Arrived => "Arrived",
        AppointmentStatus::InConsult => "In consult",
        AppointmentStatus::Done => "Done",
        AppointmentStatus::DidNotAttend => "Did not attend",
        AppointmentStatus::Cancelled => "Cancelled",
    }
}

/// Its icon.
pub(crate) fn status_icon(status: AppointmentStatus) -> Icon {
    match status {
        AppointmentStatus::Booked => Icon::Booked,
        AppointmentStatus::Confirmed => Icon::Confirmed,
        AppointmentStatus::Arrived => Icon::Arrived,
        AppointmentStatus::InConsult => Icon::Stethoscope,
        AppointmentStatus::Done => Icon::Done,
        AppointmentStatus::DidNotAttend => Icon::Absent,
        AppointmentStatus::Cancelled => Icon::CalendarX,
    }
}
