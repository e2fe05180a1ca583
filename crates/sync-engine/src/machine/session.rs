//! The hello and what follows from its answer.

use wattle_domain::role::classes;
use wattle_domain::{FeedClass, FeedSeq, UtcInstant};
use wattle_protocol::session::{Welcome, WorkstationState};

use super::config::older;
use super::contact::{Gate, Reach};
use super::{Facts, Instruction, Machine, Tidy, Work};

impl Machine {
    pub(super) fn welcomed(&mut self, welcome: Welcome, now: UtcInstant) {
        self.heard_from(Work::Session, now);
        self.succeeded(Work::Session);
        self.clock_skew_ms = Some(now.0.saturating_sub(welcome.server_time.0));
        self.probing = false;
        self.pull_held = false;
        if self.reach != Reach::Reached {
            self.reach = Reach::Reached;
            for work in [Work::Push, Work::Pull, Work::Live] {
                self.hurry(work);
            }
        }
        let known = self.welcome.as_ref().map_or(self.facts.epoch.as_str(), |before| &before.epoch);
        self.history += u32::from(known != welcome.epoch);
        self.compare(&welcome);
        self.compare_profile(&welcome);
        let gate = match welcome.workstation {
            WorkstationState::Suspended | WorkstationState::Wipe => Gate::Suspended,
            WorkstationState::Ok if older(&self.config.app_version, &welcome.min_app_version) => {
                Gate::Upgrade
            }
            WorkstationState::Ok => Gate::Open,
        };
        self.welcome = Some(welcome);
        match gate {
            Gate::Open => self.gate = Gate::Open,
            closed => self.close(closed),
        }
    }

    /// Holds the server's heads against our cursors.
    fn compare(&mut self, welcome: &Welcome) {
        let same_epoch = self.facts.epoch == welcome.epoch;
        let known = std::mem::take(&mut self.heads);
        // Granted to the person, but not for this file: it is neither fetched nor waited for.
        for feed in welcome.feeds.iter().filter(|f| self.facts.may_hold(f.feed)) {
            let heard = known.get(&feed.feed).copied().filter(|_| same_epoch).unwrap_or_default();
            self.heads.insert(feed.feed, heard.max(feed.head));
            if !same_epoch {
                continue;
            }
            let held = self.facts.held(feed.feed);
            let sent = self.hello_cursors.get(&feed.feed).copied().unwrap_or_default();
            if held > FeedSeq(0) && held < feed.horizon {
                // The log has holes there.
                self.forget.insert(feed.feed);
            }
            // The server has lost commits that we hold, and would give their numbers to others that we would then skip:
            // a machine that was set back, which no epoch tells of.
            if self.hello_epoch == welcome.epoch && sent > feed.head && !self.rewound {
                self.rewound = true;
                self.history += 1;
            }
        }
        // Only feeds that the hello named: one that a pull brought since was granted later than this answer was given.
        self.removed = self.hello_cursors.keys().copied().filter(|f| !self.heads.contains_key(f)).collect();
        self.hinted.clone_from(&self.heads);
        let missing = self.heads.keys().any(|feed| !self.facts.cursors.contains_key(feed));
        if missing || !self.facts.awaiting.is_empty() || !same_epoch {
            self.pull_due = true;
        }
    }

    /// Whether the person's roles grant what the file was made for. Another profile is another file: the workstation's
    /// business, who signs out for it.
    fn compare_profile(&mut self, welcome: &Welcome) {
        let granted = classes(&welcome.roles);
        let may_hold = FeedClass::ALL.into_iter().filter(|feed| self.facts.may_hold(*feed));
        let told = !welcome.roles.is_empty() && !self.facts.feeds.is_empty();
        if told && welcome_ok(Some(welcome)).is_some() && !self.profile_told && !may_hold.eq(granted) {
            self.profile_told = true;
            self.out.push(Instruction::ProfileChanged);
        }
    }

    /// What must be done to the file before the next pull, if anything.
    pub(super) fn tidy_needed(&self) -> Option<Tidy> {
        let welcome = welcome_ok(self.welcome.as_ref())?;
        let cursors = &self.facts.cursors;
        let removed: Vec<FeedClass> = cursors.keys().copied().filter(|f| self.removed.contains(f)).collect();
        if !removed.is_empty() {
            return Some(Tidy::RemoveFeeds(removed));
        }
        if self.twin {
            return Some(Tidy::RenewReplica);
        }
        let held = cursors.iter().filter(|(_, seq)| seq.0 > 0).map(|(feed, _)| *feed);
        let forget: Vec<FeedClass> = held.filter(|f| self.forget.contains(f)).collect();
        if !forget.is_empty() {
            return Some(Tidy::ForgetCursors(forget));
        }
        if self.facts.epoch != welcome.epoch && !self.facts.holds_any() {
            return Some(Tidy::AdoptEpoch(welcome.epoch.clone()));
        }
        (welcome.last_n > self.facts.last_n).then_some(Tidy::SkipToNumber(welcome.last_n))
    }

    /// Whether the file holds a feed that the last welcome neither granted nor took away: it is out of date.
    pub(super) fn outgrew_welcome(&self) -> bool {
        let judged = |feed: &FeedClass| self.heads.contains_key(feed) || self.removed.contains(feed);
        !self.facts.cursors.keys().all(judged)
    }

    pub(super) fn tidied(&mut self, facts: Facts) {
        self.facts = facts;
        let done = self.tidying.take();
        if let Some(Tidy::ForgetCursors(feeds) | Tidy::RemoveFeeds(feeds)) = &done {
            self.forget.retain(|feed| !feeds.contains(feed));
        }
        if let Some(Tidy::RemoveFeeds(feeds)) = &done {
            self.removed.retain(|feed| !feeds.contains(feed));
        }
        self.twin &= done != Some(Tidy::RenewReplica);
        self.pull_due = true;
        self.succeeded(Work::Tidy);
        if done.is_some() && self.tidy_needed() == done {
            // A store that says "done" and did not: never spin on it.
            self.back_off(Work::Tidy, None);
        }
    }

    pub(super) fn forget_all(&mut self) {
        let held = self.facts.cursors.iter().filter(|(_, seq)| seq.0 > 0);
        self.forget.extend(held.map(|(feed, _)| *feed));
    }
}

/// The last welcome, unless it says that this workstation is stopped: what is said to such a one is no reason to touch the
/// file.
pub(super) fn welcome_ok(welcome: Option<&Welcome>) -> Option<&Welcome> {
    welcome.filter(|w| w.workstation == WorkstationState::Ok)
}
