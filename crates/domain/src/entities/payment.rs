//! What was paid. Only grows: what was entered wrongly is taken back by a row of its own.

use crate::fields::PaymentMethod;
use crate::ids::{InvoiceId, PatientId, PaymentId};
use crate::table::entity;
use crate::time::ClinicDate;

entity! {
    /// Money that came in; a refund is negative.
    Payment, id: PaymentId, "payment", Billing, append_only {
        /// For which bill; a deposit is for none.
        invoice_id: Option<InvoiceId>,
        /// For whose treatment.
        patient_id: PatientId,
        /// On which day.
        received_on: ClinicDate,
        /// How.
        method: PaymentMethod,
        /// Cents.
        amount_cents: i64,
        /// What the receipt or the bank calls it.
        reference: Option<String> => Sealed,
        /// The payment that this row takes back, with its amount the other way round.
        reverses: Option<PaymentId>,
    }
}
