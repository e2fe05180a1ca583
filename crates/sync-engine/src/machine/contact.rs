//! Whether the server can be reached, whether it lets us in, and the tokens that say who we are.

use wattle_domain::UtcInstant;

use super::lane::LaneState;
use super::{Instruction, Machine, Timer, Work};

/// Whether the server lets us in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// Yes.
    Open,
    /// The person must sign in again.
    SignInAgain,
    /// Only pushes: unsent work of an old app is still taken, if the server does.
    Upgrade,
    /// An admin stopped this workstation. A wipe is treated so too: destroying keys is the workstation's business.
    Suspended,
}

/// Whether the server can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Not tried yet.
    Unknown,
    /// Yes.
    Reached,
    /// No, since then.
    Lost {
        /// Since when.
        since: UtcInstant,
    },
}

/// Which tokens are in use. They are the driver's to keep; the machine counts them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tokens {
    /// One more with every new pair.
    pub(super) generation: u32,
    /// A refusal of these may be answered by one refresh: they have worked, or they did not come from a refresh.
    pub(super) may_refresh: bool,
}

impl Default for Tokens {
    fn default() -> Self {
        Self { generation: 0, may_refresh: true }
    }
}

impl Machine {
    /// A lane's work was answered.
    pub(super) fn heard_from(&mut self, work: Work, now: UtcInstant) {
        self.last_contact_at = Some(now);
        if self.lane(work).tokens == self.tokens.generation {
            self.tokens.may_refresh = true;
        }
        // The session decides whether we are online again; whoever got through first sends it at once.
        if self.out_of_reach() && work != Work::Session {
            self.hello_due = true;
            self.hurry(Work::Session);
        }
    }

    /// Whether contact was lost and no hello was answered since. Whoever comes back may have become another, too new for
    /// this app or of another history: nothing is fetched before it has said so.
    pub(super) fn out_of_reach(&self) -> bool {
        matches!(self.reach, Reach::Lost { .. })
    }

    pub(super) fn lost(&mut self, now: UtcInstant) {
        if !self.out_of_reach() {
            self.reach = Reach::Lost { since: now };
        }
    }

    /// The access token of a lane was refused.
    pub(super) fn unauthorised(&mut self, work: Work) {
        let generation = self.tokens.generation;
        if self.lane(work).tokens < generation {
            // It went out with the old pair while a new one was on its way: only that lane goes again.
            self.lane(work).state = LaneState::Idle;
        } else if self.refresh_due || !self.refresh.is_idle() {
            self.lane(work).state = LaneState::Blocked;
        } else if self.tokens.may_refresh {
            self.lane(work).state = LaneState::Blocked;
            self.tokens.may_refresh = false;
            self.refresh_due = true;
        } else {
            self.lane(work).state = LaneState::Idle;
            self.close(Gate::SignInAgain);
        }
    }

    pub(super) fn refreshed(&mut self, now: UtcInstant) {
        self.last_contact_at = Some(now);
        self.succeeded(Work::Refresh);
        self.refresh_due = false;
        self.tokens.generation += 1;
        self.tokens.may_refresh = false;
    }

    pub(super) fn signed_in(&mut self) {
        self.tokens.generation += 1;
        self.tokens.may_refresh = true;
        self.refresh_due = false;
        self.refresh.free();
        self.refresh.attempt = 0;
        self.troubles.remove(&Work::Refresh);
        self.disarm(Timer::Retry(Work::Refresh));
        if self.gate == Gate::SignInAgain {
            self.gate = Gate::Open;
        }
        self.probing = true;
        self.hello_due = true;
        self.hurry(Work::Session);
    }

    /// The door is closed: what waited for tokens waits for the door instead.
    pub(super) fn close(&mut self, gate: Gate) {
        self.gate = gate;
        self.probing = false;
        self.refresh_due = false;
        if gate == Gate::Suspended && self.live.is_running() {
            self.out.push(Instruction::CloseLive);
        }
    }

    /// No new tokens are on their way: nothing waits for them.
    pub(super) fn unblock(&mut self) {
        for work in Work::ALL {
            if self.lane(work).state == LaneState::Blocked {
                self.lane(work).state = LaneState::Idle;
            }
        }
    }

    /// Cuts a back-off short, unless the server named the time.
    pub(super) fn hurry(&mut self, work: Work) {
        if self.lane(work).state == (LaneState::Waiting { told: false }) {
            self.lane(work).free();
            self.disarm(Timer::Retry(work));
        }
    }

    pub(super) fn wake(&mut self) {
        for work in Work::ALL {
            self.hurry(work);
        }
        self.disarm(Timer::Repair);
        self.pull_due = true;
        if self.gate != Gate::Open {
            self.probing = true;
            self.hello_due = true;
        } else if !self.live_open {
            self.hello_due = true;
        }
    }

    /// Live ended. The hello tells soon whether the server is still there; live itself comes back a little later.
    pub(super) fn live_closed(&mut self) {
        self.live_open = false;
        self.live.state = LaneState::Idle;
        if self.gate == Gate::Suspended {
            return;
        }
        self.back_off(Work::Live, None);
        self.hello_due = true;
        if self.session.is_idle() {
            // A node that goes down closes a thousand of these in one moment.
            let soon = self.jitter.up_to(self.config.backoff_base_ms / 2);
            self.wait(Work::Session, soon, false);
        }
        self.poll_ms = self.config.poll_min_ms;
    }
}
