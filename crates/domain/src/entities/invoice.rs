//! Bills, as they were sent.

use crate::fields::Payer;
use crate::ids::{InvoiceId, PatientId, PractitionerId};
use crate::table::entity;
use crate::time::ClinicDate;

entity! {
    /// A bill. What it comes to is the sum of its items.
    Invoice, id: InvoiceId, "invoice", Billing {
        /// Who was treated.
        patient_id: PatientId,
        /// By whom.
        practitioner_id: Option<PractitionerId>,
        /// As it stands on the bill.
        number: String,
        /// When it was written.
        issued_on: ClinicDate,
        /// Who is to pay; nobody said, where it is missing.
        payer: Option<Payer>,
        /// Their name, where it is not the patient's: a parent, an insurer.
        payer_name: Option<String> => Sealed,
        /// What stands beside it.
        note: Option<String> => Sealed,
        /// The bill that this one takes back. Named, not looked up: that one may not have come along.
        reverses: Option<InvoiceId>,
    }
}
