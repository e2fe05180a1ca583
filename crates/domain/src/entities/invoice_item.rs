//! What was billed, a service or a thing each.

use crate::ids::{InvoiceId, InvoiceItemId, PatientId};
use crate::table::entity;
use crate::time::ClinicDate;

entity! {
    /// A line of a bill. On one that takes another back the amounts are negative.
    InvoiceItem, id: InvoiceItemId, "invoice_item", Billing {
        /// On which bill.
        invoice_id: InvoiceId,
        /// Who was treated, as the bill says.
        patient_id: PatientId,
        /// When.
        service_on: ClinicDate,
        /// Item of the Medicare Benefits Schedule, as it was written: `23`, `10997`.
        mbs_item: Option<String>,
        /// In words.
        description: String => Sealed,
        /// How many; the fee is that of all of them.
        quantity: i64,
        /// Cents, with GST.
        fee_cents: i64,
        /// Of these, GST.
        gst_cents: i64,
    }
}
