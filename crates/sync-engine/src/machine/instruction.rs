//! What the machine wants done.

use wattle_domain::FeedClass;
use wattle_protocol::ipc::session::SyncState;
use wattle_protocol::live::Delta;
use wattle_protocol::push::Answer;

use super::Work;

/// Something to do. Requests are filled in from the file when they are sent, so that they are never older than it.
#[derive(Clone, Debug, PartialEq)]
pub enum Instruction {
    /// Say hello with what the file holds.
    OpenSession,
    /// Get new tokens for the refresh token.
    Refresh,
    /// Send the head of the outbox.
    Push {
        /// At most so many commands.
        max_commands: usize,
        /// At most so many bytes of payload.
        max_bytes: usize,
    },
    /// Write what the server said of commands; none of them: only look at the file.
    RecordAnswers(Vec<Answer>),
    /// Fetch what is after the cursors, into the file in one transaction.
    Pull {
        /// Stop at the next commit after so many bytes.
        max_bytes: u64,
        /// And what else.
        kind: PullWanted,
        /// The file has not been in step with the server since it was opened. A feed that comes whole later (one in which
        /// nothing was ever written, with its first row) is no first sync, and nobody is sent away from what they do for it.
        first: bool,
    },
    /// Take these rows into the file. Never while a pull runs.
    TakeIn(Delta),
    /// Listen for hints and rows.
    OpenLive,
    /// Stop listening; [`super::Event::LiveClosed`] (or `Failed`, if it was still opening) follows.
    CloseLive,
    /// Bring the file in line with what the session said. Never while a pull runs, never two at once.
    Tidy(Tidy),
    /// Fire this timer after so many milliseconds; replaces an earlier time of the same timer.
    SetTimer {
        /// Which.
        timer: Timer,
        /// When.
        after_ms: u64,
    },
    /// Forget this timer.
    ClearTimer(Timer),
    /// The person's roles grant other feeds than the file may hold; said once. Unsent work stays in the file.
    ProfileChanged,
    /// Show this; only sent when it differs from the last.
    Report(SyncState),
}

/// What a pull is for. All but a reconciliation fetch what is after the cursors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullWanted {
    /// Nothing else.
    Usual,
    /// Buckets of the file that wait to be mended, beside it.
    Repair,
    /// A digest, beside it: the next in turn.
    Digest,
    /// The cursors count for nothing: the server has other commits under their numbers (a restored backup, a failover).
    /// Nothing is removed and nothing sent again whole: heads are taken over, digests compared, what differs is mended,
    /// and what was acknowledged lately is offered again.
    Reconcile {
        /// The server's epoch.
        epoch: String,
    },
}

/// One change that brings the file in line with the session. The outbox is kept by all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tidy {
    /// Rows of these feeds must go from this computer.
    RemoveFeeds(Vec<FeedClass>),
    /// The next pull sends these feeds whole.
    ForgetCursors(Vec<FeedClass>),
    /// The server is another than the one that the file was fetched from, and there is no cursor above 0: go on with it.
    AdoptEpoch(String),
    /// The server has seen higher command numbers of this workstation than the file has given out (the file is new, or
    /// an old copy): go on above them.
    SkipToNumber(u64),
    /// Another copy of this file is at work: number under a new id from now on.
    RenewReplica,
}

/// The machine's timers; each is set at most once at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// Some work may be tried again.
    Retry(Work),
    /// Pull although nobody said that something moved.
    Poll,
    /// Ask for the checkpoint that covers what was answered.
    Cover,
    /// Say hello again although all is well.
    Recheck,
    /// See whether a closed door has opened.
    Probe,
    /// Compare a little more with the server.
    Digest,
    /// Try again to mend what differs.
    Repair,
}
