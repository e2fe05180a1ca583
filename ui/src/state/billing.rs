//! The account of the patient who is open.

use leptos::prelude::*;
use wattle_domain::PatientId;
use wattle_domain::role::{Action, Grant, Noun};
use wattle_protocol::ipc::CommandError;
use wattle_protocol::ipc::billing::{AccountQuery, PatientAccount};

use crate::ipc;
use crate::state::desk::{Desk, Page};
use crate::state::live::Live;
use crate::state::patients::Patients;

/// What one may see an account with.
pub(crate) const MAY_READ_ACCOUNTS: Grant = (Noun::Billing, Action::Read);

/// The account of whoever is open.
#[derive(Clone, Copy)]
pub(crate) struct Billing {
    patient: Memo<Option<PatientId>>,
    live: Live<PatientAccount>,
}

impl Billing {
    /// Begins to follow who is open, for those who may read accounts.
    pub(crate) fn new(desk: Desk, patients: Patients) -> Self {
        let patient = Memo::new(move |_| {
            let shown = patients.open.get().filter(|_| desk.page.get() == Page::Patients);
            shown.filter(|id| desk.may(MAY_READ_ACCOUNTS) && !patients.is_shut(*id))
        });
        let live = Live::new(
            move || patient.get().map(|id| (id, desk.billing_moved())),
            |(patient_id, _)| ipc::billing::patient_account(AccountQuery { patient_id }),
        );
        Self { patient, live }
    }

    /// The account, when it is that of the patient who is open.
    pub(crate) fn get(self) -> Option<PatientAccount> {
        let open = self.patient.get()?;
        self.live.value.with(|a| a.as_ref().filter(|a| a.patient_id == open).cloned())
    }

    /// Why it could not be read.
    pub(crate) fn fault(self) -> Option<CommandError> {
        self.live.fault.get()
    }
}
