//! What the machine wants done.

use wattle_domain::FeedClass;
use wattle_protocol::ipc::session::SyncState;
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
    /// Write what the server said of commands.
    RecordAnswers(Vec<Answer>),
    /// Fetch what is after the cursors, into the file in one transaction.
    Pull {
        /// Stop at the next commit after so many bytes.
        max_bytes: u64,
    },
    /// Listen for hints.
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
    /// Show this; only sent when it differs from the last.
    Report(SyncState),
}

/// One change that brings the file in line with the session. The outbox is kept by all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tidy {
    /// Rows of these feeds must go from this computer.
    RemoveFeeds(Vec<FeedClass>),
    /// The next pull sends these feeds whole.
    ForgetCursors(Vec<FeedClass>),
    /// The server is another than the cursors came from (a restored backup, a failover). Comes after its cursors are
    /// forgotten, so that a crash between the two leaves the old epoch and not old cursors under the new one.
    AdoptEpoch(String),
    /// The server has seen higher command numbers of this workstation than the file has given out (the file is new, or
    /// an old copy): go on above them.
    SkipToNumber(u64),
}

/// The machine's timers; each is set at most once at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// Some work may be tried again.
    Retry(Work),
    /// Pull although nobody said that something moved.
    Poll,
    /// Say hello again although all is well.
    Recheck,
    /// See whether a closed door has opened.
    Probe,
}
