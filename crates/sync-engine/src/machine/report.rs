//! What people see of it.

use wattle_domain::{FeedSeq, UtcInstant};
use wattle_protocol::ErrorCode;
use wattle_protocol::ipc::session::{Connection, SyncFault, SyncState};
use wattle_protocol::session::Cursors;

use super::contact::{Gate, Reach};
use super::{FaultKind, Instruction, Machine, Timer, Work};

/// The last failure of a kind of work that has not gone well since.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trouble {
    kind: FaultKind,
    at: UtcInstant,
    times: u32,
}

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
            cursors: by_name(&self.facts.cursors),
            heads: by_name(&self.heads),
            faults: self.troubles.iter().map(|(work, trouble)| trouble.show(*work)).collect(),
            next_try_at: self.next_try_at(),
        }
    }

    pub(super) fn report(&mut self) {
        let state = self.sync_state();
        if self.reported.as_ref() != Some(&state) {
            self.reported = Some(state.clone());
            self.out.push(Instruction::Report(state));
        }
    }

    pub(super) fn trouble(&mut self, work: Work, kind: FaultKind, now: UtcInstant) {
        let times = self.troubles.get(&work).map_or(0, |trouble| trouble.times).saturating_add(1);
        self.troubles.insert(work, Trouble { kind, at: now, times });
    }

    fn next_try_at(&self) -> Option<UtcInstant> {
        let tries = self.next_tries.iter();
        tries.filter(|(timer, _)| matches!(timer, Timer::Retry(_) | Timer::Probe)).map(|(_, at)| *at).min()
    }
}

impl Trouble {
    fn show(self, work: Work) -> SyncFault {
        let code = match self.kind {
            FaultKind::Unreachable => "unreachable".to_owned(),
            FaultKind::Garbled => "garbled".to_owned(),
            FaultKind::Store => "store".to_owned(),
            FaultKind::Code(code) => wire_name(code),
        };
        SyncFault { work: work.as_str().to_owned(), code, at: self.at, times: self.times }
    }
}

fn wire_name(code: ErrorCode) -> String {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

fn by_name(seqs: &Cursors) -> Vec<(String, FeedSeq)> {
    seqs.iter().map(|(feed, seq)| (feed.as_str().to_owned(), *seq)).collect()
}
