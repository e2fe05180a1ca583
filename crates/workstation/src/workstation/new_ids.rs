//! The page asks for new ids by sending nil ones.

use uuid::Uuid;
use wattle_domain::commands::PatientParts;
use wattle_local_store::new_id;

use super::Workstation;

impl Workstation {
    /// A nil id becomes a new one (version 7, so that rows lie in the order of time).
    pub(super) fn fill(&self, id: &mut Uuid) {
        if id.is_nil() {
            *id = new_id(self.0.clock.as_ref());
        }
    }

    pub(super) fn fill_parts(&self, parts: &mut PatientParts) {
        let contacts = parts.contacts.iter_mut().map(|part| &mut part.id.0);
        let identifiers = parts.identifiers.iter_mut().map(|part| &mut part.id.0);
        let addresses = parts.addresses.iter_mut().map(|part| &mut part.id.0);
        let alerts = parts.alerts.iter_mut().map(|part| &mut part.id.0);
        for id in contacts.chain(identifiers).chain(addresses).chain(alerts) {
            self.fill(id);
        }
    }
}
