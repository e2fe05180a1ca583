//! A patient's account, for those whose roles let them read it. Command: `patient_account(AccountQuery) -> PatientAccount`. It is
//! read only: what is there came out of the system that the clinic had before.

use serde::{Deserialize, Serialize};
use wattle_domain::PatientId;
use wattle_domain::entities::{Invoice, InvoiceItem, Payment};

/// Arguments of `patient_account`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountQuery {
    /// Whose.
    pub patient_id: PatientId,
}

/// What was billed for a patient's treatment, and what was paid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PatientAccount {
    /// Whose: a screen must never show one person's account under another's name.
    pub patient_id: PatientId,
    /// Newest first.
    pub bills: Vec<Bill>,
    /// Payments for no bill, or for one that is not here; newest first.
    pub deposits: Vec<Paid>,
    /// All bills together, cents with GST.
    pub billed_cents: i64,
    /// All payments together, less refunds and what was taken back.
    pub paid_cents: i64,
}

impl PatientAccount {
    /// What is owing; negative where more was paid than billed.
    #[must_use]
    pub fn owing_cents(&self) -> i64 {
        self.billed_cents - self.paid_cents
    }
}

/// A bill with what is on it and what was paid for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bill {
    /// The bill.
    pub invoice: Invoice,
    /// Who treated.
    pub practitioner_name: Option<String>,
    /// The number of the bill that this one takes back, where that one is here.
    pub takes_back: Option<String>,
    /// The number of the bill that takes this one back.
    pub taken_back_by: Option<String>,
    /// In the order of their days.
    pub items: Vec<InvoiceItem>,
    /// In the order of their days.
    pub payments: Vec<Paid>,
    /// What it comes to, cents with GST.
    pub billed_cents: i64,
    /// Of these, GST.
    pub gst_cents: i64,
    /// What was paid for it.
    pub paid_cents: i64,
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paid {
    /// The payment.
    pub payment: Payment,
    /// Another row takes it back.
    pub taken_back: bool,
}
