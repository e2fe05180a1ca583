//! What became of the bills, while what is on them and what was paid is converted after them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;
use wattle_domain::{ClinicDate, InvoiceId, PatientId};

use crate::convert::{Found, Keys};
use crate::reason::Code;

/// Filled by the converter of bills, read by those after it. One import's, or one verification's.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Bills>);

#[derive(Debug, Default)]
struct Bills {
    keys: Keys,
    loaded: HashMap<Uuid, Bill>,
}

/// A bill that loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bill {
    pub(super) id: InvoiceId,
    pub(super) patient: PatientId,
    pub(super) issued_on: ClinicDate,
}

impl Ledger {
    /// A bill that loads, under its key.
    pub(super) fn loaded(&self, key: &str, bill: Bill) {
        let mut bills = self.bills();
        bills.keys.loaded(key, bill.id.0);
        bills.loaded.insert(bill.id.0, bill);
    }

    /// One that does not.
    pub(super) fn rejected(&self, key: &str) {
        self.bills().keys.rejected(key);
    }

    /// The bill that a key names, and whether to the letter.
    pub(super) fn find(&self, key: &str) -> Result<(Bill, bool), Code> {
        let bills = self.bills();
        match bills.keys.find(key) {
            Found::Loaded { id, exact } => {
                bills.loaded.get(&id).map(|bill| (*bill, exact)).ok_or(Code::Orphan)
            }
            Found::Rejected => Err(Code::ParentRejected),
            Found::Nowhere => Err(Code::Orphan),
        }
    }

    /// A thread that panicked with it in hand has left whole entries.
    fn bills(&self) -> MutexGuard<'_, Bills> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
