//! A patient's account.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::Connection;
use wattle_domain::entities::{Invoice, InvoiceItem, Payment, Practitioner};
use wattle_domain::{Entity, InvoiceId, PatientId, PaymentId, PractitionerId};
use wattle_protocol::ipc::billing::{AccountQuery, Bill, Paid, PatientAccount};

use super::waiting_room::practitioner_name;
use super::{clinic, day_book};
use crate::error::Error;
use crate::store::Store;
use crate::tables::synced;

impl Store {
    /// What was billed for a patient's treatment and what was paid; empty in a file that may not hold it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn patient_account(&self, query: AccountQuery) -> Result<PatientAccount, Error> {
        self.read(|connection| account(connection, query.patient_id))
    }
}

fn account(connection: &Connection, patient_id: PatientId) -> Result<PatientAccount, Error> {
    let names: BTreeMap<PractitionerId, String> = day_book::all(connection, "", |_: &Practitioner| true)?
        .into_iter()
        .map(|practitioner| (practitioner.id, practitioner_name(&practitioner)))
        .collect();
    let invoices: Vec<Invoice> = rows(connection, patient_id, "issued_on DESC, number DESC, id DESC")?;
    let items: Vec<InvoiceItem> = rows(connection, patient_id, "service_on, id")?;
    let payments: Vec<Payment> = rows(connection, patient_id, "received_on, created_at, id")?;
    let taken_back: HashSet<PaymentId> = payments.iter().filter_map(|payment| payment.reverses).collect();
    let numbers: HashMap<InvoiceId, String> =
        invoices.iter().map(|invoice| (invoice.id, invoice.number.clone())).collect();
    let reversed: HashMap<InvoiceId, String> =
        invoices.iter().filter_map(|invoice| Some((invoice.reverses?, invoice.number.clone()))).collect();
    let mut account = PatientAccount {
        patient_id,
        bills: Vec::with_capacity(invoices.len()),
        deposits: Vec::new(),
        billed_cents: items.iter().map(|item| item.fee_cents).sum(),
        paid_cents: payments.iter().map(|payment| payment.amount_cents).sum(),
    };
    let mut of_bill: HashMap<InvoiceId, (Vec<InvoiceItem>, Vec<Paid>)> = HashMap::new();
    for item in items {
        of_bill.entry(item.invoice_id).or_default().0.push(item);
    }
    for payment in payments {
        let paid = Paid { taken_back: taken_back.contains(&payment.id), payment };
        match paid.payment.invoice_id.filter(|id| numbers.contains_key(id)) {
            Some(id) => of_bill.entry(id).or_default().1.push(paid),
            None => account.deposits.push(paid),
        }
    }
    account.deposits.reverse();
    for invoice in invoices {
        let (items, payments) = of_bill.remove(&invoice.id).unwrap_or_default();
        account.bills.push(Bill {
            practitioner_name: invoice.practitioner_id.and_then(|id| names.get(&id).cloned()),
            takes_back: invoice.reverses.and_then(|id| numbers.get(&id).cloned()),
            taken_back_by: reversed.get(&invoice.id).cloned(),
            billed_cents: items.iter().map(|item| item.fee_cents).sum(),
            gst_cents: items.iter().map(|item| item.gst_cents).sum(),
            paid_cents: payments.iter().map(|paid| paid.payment.amount_cents).sum(),
            invoice,
            items,
            payments,
        });
    }
    Ok(account)
}

fn rows<E: Entity>(connection: &Connection, patient: PatientId, order: &str) -> Result<Vec<E>, Error> {
    let condition = format!("WHERE patient_id = ?1 AND deleted_at IS NULL ORDER BY {order}");
    let found = synced::select(connection, E::TABLE.name, &condition, [patient.to_string()])?;
    found.into_iter().map(|row| row.read().map_err(clinic::bad)).collect()
}
