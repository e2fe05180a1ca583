//! The first word of every connection.

use wattle_domain::UtcInstant;
use wattle_protocol::session::{Hello, Welcome, WorkstationState};
use wattle_protocol::{ErrorCode, OLDEST_PROTOCOL, PROTOCOL};

use super::{Caller, Refusal, Server};

impl Server {
    /// Answers a hello.
    ///
    /// # Errors
    /// `upgrade_required` for a protocol that is not served.
    pub fn session(&mut self, caller: Caller, hello: &Hello) -> Result<Welcome, Refusal> {
        if !(OLDEST_PROTOCOL..=PROTOCOL).contains(&hello.protocol) {
            return Err(Refusal::new(ErrorCode::UpgradeRequired));
        }
        let epoch = self.database.epoch();
        let granted = self.granted(caller.clinic, caller.user);
        let roles = self.roles(caller.clinic, caller.user);
        let now = self.now;
        let min_app_version = self.database.min_app_version.clone();
        let data = self.database.clinic_mut(caller.clinic);
        let at = caller.workstation;
        if hello.epoch == epoch {
            data.cursors.insert((at, hello.replica), hello.cursors.clone());
        }
        let numbers = data.numbers.keys().filter(|(workstation, replica, _)| {
            *workstation == at && (hello.replica.is_none() || *replica == hello.replica)
        });
        let last_n = numbers.map(|(_, _, n)| *n).max().unwrap_or(0);
        Ok(Welcome {
            epoch,
            server_time: now,
            feeds: data.heads(&granted),
            removed: hello.cursors.keys().copied().filter(|held| !granted.contains(held)).collect(),
            workstation: WorkstationState::Ok,
            offline_lease_until: UtcInstant(now.0 + 72 * 3_600_000),
            min_app_version,
            roles,
            last_n,
            workstation_names: Default::default(),
        })
    }
}
