//! The hello and what follows from its answer.

use wattle_domain::{FeedClass, FeedSeq, UtcInstant};
use wattle_protocol::session::{Welcome, WorkstationState};

use super::config::older;
use super::contact::{Gate, Reach};
use super::{Facts, Machine, Tidy, Work};

impl Machine {
    pub(super) fn welcomed(&mut self, welcome: Welcome, now: UtcInstant) {
        self.heard_from(Work::Session, now);
        self.session.succeed();
        self.clock_skew_ms = Some(now.0.saturating_sub(welcome.server_time.0));
        self.probing = false;
        self.pull_held = false;
        if self.reach != Reach::Reached {
            self.reach = Reach::Reached;
            for work in [Work::Push, Work::Pull, Work::Live] {
                self.hurry(work);
            }
        }
        self.compare(&welcome);
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
    ///
    /// Left for issue 3: digests after a change of epoch; and `last_n` above ours may also mean that two copies of one disk
    /// are at work, which needs a new workstation id. Here the numbers go on above the server's, which is right for a
    /// file that was set aside and fetched anew.
    fn compare(&mut self, welcome: &Welcome) {
        let same_epoch = self.facts.epoch == welcome.epoch;
        let known = std::mem::take(&mut self.heads);
        for feed in &welcome.feeds {
            let heard = known.get(&feed.feed).copied().filter(|_| same_epoch).unwrap_or_default();
            self.heads.insert(feed.feed, heard.max(feed.head));
            if !same_epoch {
                continue;
            }
            let held = held(&self.facts, feed.feed);
            let sent = self.hello_cursors.get(&feed.feed).copied().unwrap_or_default();
            // Below the horizon the log has holes; above the head the server has lost commits that we hold, and would
            // give their numbers to others that we would then skip.
            if held > FeedSeq(0) && (held < feed.horizon || sent > feed.head) {
                self.forget.insert(feed.feed);
            }
        }
        // Only feeds that the hello named: one that a pull brought since was granted later than this answer was given.
        self.removed = self.hello_cursors.keys().copied().filter(|f| !self.heads.contains_key(f)).collect();
        self.hinted = true;
        let missing = welcome.feeds.iter().any(|f| !self.facts.cursors.contains_key(&f.feed));
        if missing || !self.facts.awaiting.is_empty() || !same_epoch {
            self.pull_due = true;
        }
    }

    /// What must be done to the file before the next pull, if anything.
    pub(super) fn tidy_needed(&self) -> Option<Tidy> {
        // What a server says to a workstation that it has stopped is no reason to touch the file.
        let welcome = self.welcome.as_ref().filter(|w| w.workstation == WorkstationState::Ok)?;
        let cursors = &self.facts.cursors;
        let removed: Vec<FeedClass> = cursors.keys().copied().filter(|f| self.removed.contains(f)).collect();
        if !removed.is_empty() {
            return Some(Tidy::RemoveFeeds(removed));
        }
        let other_epoch = self.facts.epoch != welcome.epoch;
        let held = cursors.iter().filter(|(_, seq)| seq.0 > 0).map(|(feed, _)| *feed);
        let forget: Vec<FeedClass> = held.filter(|f| other_epoch || self.forget.contains(f)).collect();
        if !forget.is_empty() {
            return Some(Tidy::ForgetCursors(forget));
        }
        if other_epoch {
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
        self.pull_due = true;
        self.tidy.succeed();
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

pub(super) fn held(facts: &Facts, feed: FeedClass) -> FeedSeq {
    facts.cursors.get(&feed).copied().unwrap_or_default()
}
