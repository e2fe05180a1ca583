//! What people see of it.

use wattle_protocol::ipc::session::{Connection, SyncState};

use super::contact::{Gate, Reach};
use super::{Instruction, Machine};

impl Machine {
    /// The state to show now.
    #[must_use]
    pub fn sync_state(&self) -> SyncState {
        let connection = match (self.gate, self.reach) {
            (Gate::SignInAgain, _) => Connection::SignInAgain,
            (Gate::Upgrade, _) => Connection::UpgradeRequired,
            (Gate::Suspended, _) => Connection::Suspended,
            (Gate::Open, Reach::Unknown) => Connection::Connecting,
            (Gate::Open, Reach::Reached) => Connection::Online,
            (Gate::Open, Reach::Lost { since }) => Connection::Offline { since },
        };
        SyncState {
            connection,
            waiting: self.facts.outbox_len,
            oldest_waiting_at: self.facts.oldest_waiting_at,
            last_contact_at: self.last_contact_at,
            attention: self.facts.attention,
            clock_skew_ms: self.clock_skew_ms,
            cursors: self.facts.cursors.iter().map(|(f, seq)| (f.as_str().to_owned(), *seq)).collect(),
            ..SyncState::default()
        }
    }

    pub(super) fn report(&mut self) {
        let state = self.sync_state();
        if self.reported.as_ref() != Some(&state) {
            self.reported = Some(state.clone());
            self.out.push(Instruction::Report(state));
        }
    }
}
