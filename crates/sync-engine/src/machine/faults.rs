//! What a failure means, by the kind of work and the code: never by words.

use wattle_domain::UtcInstant;
use wattle_protocol::ErrorCode;

use super::contact::{Gate, Reach};
use super::lane::LaneState;
use super::{Fault, FaultKind, Machine, Timer, Work};

/// A server that says "in a year" is not believed: unsent work would be stranded.
const LONGEST_RETRY_AFTER_MS: u64 = 3_600_000;

impl Machine {
    pub(super) fn failed(&mut self, work: Work, fault: Fault, now: UtcInstant) {
        self.lane(work).state = LaneState::Idle;
        self.trouble(work, fault.kind, now);
        let answered = matches!(fault.kind, FaultKind::Code(_));
        // What was wanted is still wanted.
        match work {
            Work::Session => self.hello_due = true,
            Work::Refresh => {
                self.refresh_due = true;
                self.tokens.may_refresh = true;
            }
            // New tokens, and the same again.
            Work::Pull if fault.kind == FaultKind::Code(ErrorCode::SignInAgain) => self.pull_due = true,
            Work::Pull => self.pull_failed(fault.kind),
            Work::Live => self.live_open = false,
            Work::Tidy => self.tidying = None,
            Work::Push => {}
        }
        if answered {
            self.last_contact_at = Some(now);
        }
        if let FaultKind::Code(code) = fault.kind
            && self.refused(work, code)
        {
            return;
        }
        self.back_off(work, fault.retry_after_ms);
        let local = fault.kind == FaultKind::Store;
        match work {
            _ if local => {}
            Work::Session | Work::Refresh if !self.live_open => self.lost(now),
            // Perhaps only this lane is cut (a proxy that eats large bodies): the hello will tell.
            Work::Push | Work::Pull | Work::Live if !answered && self.reach == Reach::Reached => {
                self.hello_due = true;
            }
            _ => {}
        }
    }

    /// Codes that mean more than "try again later". False: that is all it means.
    fn refused(&mut self, work: Work, code: ErrorCode) -> bool {
        use ErrorCode as Code;
        match (work, code) {
            (
                Work::Refresh,
                Code::SignInAgain
                | Code::AccountClosed
                | Code::WorkstationRevoked
                | Code::WrongCredentials
                | Code::NotAllowed
                | Code::Malformed,
            ) => {
                self.close(Gate::SignInAgain);
                true
            }
            (_, Code::SignInAgain) => {
                self.unauthorised(work);
                true
            }
            (_, Code::NotEnrolled) | (Work::Session, Code::NotAllowed) => {
                self.close(Gate::Suspended);
                true
            }
            (_, Code::UpgradeRequired) => {
                self.close(Gate::Upgrade);
                if work == Work::Push {
                    self.wait(Work::Push, self.config.probe_ms, false);
                }
                true
            }
            (Work::Push | Work::Pull | Work::Live, Code::NotAllowed) => {
                self.hello_due = true;
                false
            }
            (Work::Pull, Code::Resnapshot) => {
                self.out_of_line();
                false
            }
            (Work::Session, Code::Resnapshot) => {
                self.forget_all();
                false
            }
            (Work::Push, Code::TooLarge | Code::Malformed) => self.push_less(),
            _ => false,
        }
    }

    /// Waits at random up to a time that doubles with every failure; the server's own word counts as the least.
    pub(super) fn back_off(&mut self, work: Work, retry_after_ms: Option<u64>) {
        let lane = self.lane(work);
        let doubled = lane.attempt.min(20);
        lane.attempt += 1;
        let Machine { config, jitter, .. } = self;
        let most = config.backoff_base_ms.saturating_mul(1 << doubled).min(config.backoff_cap_ms);
        let random = jitter.up_to(most);
        match retry_after_ms {
            // Spread over a little more than the server said: it says the same to everybody.
            Some(told) => self.wait(work, told.min(LONGEST_RETRY_AFTER_MS) + random, true),
            None => self.wait(work, random, false),
        }
    }

    pub(super) fn wait(&mut self, work: Work, after_ms: u64, told: bool) {
        self.lane(work).state = LaneState::Waiting { told };
        self.arm(Timer::Retry(work), after_ms);
    }
}
