//! What happens to the machine.

use wattle_protocol::ErrorCode;
use wattle_protocol::live::{Delta, Hint};
use wattle_protocol::push::Answer;
use wattle_protocol::session::Welcome;

use super::{Facts, Timer};

/// Something happened. Every instruction that starts work is answered by exactly one of these.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The engine runs; the first word.
    Started(Facts),
    /// A command was added to the outbox, or the file changed in another way.
    OutboxChanged(Facts),
    /// Answers [`super::Instruction::OpenSession`].
    SessionAnswered(Welcome),
    /// Answers [`super::Instruction::Push`]; `sent` 0 when the outbox was empty after all.
    PushAnswered {
        /// How many commands went out.
        sent: usize,
        /// What the server said of them, in their order, perhaps of fewer.
        answers: Vec<Answer>,
        /// Another copy of this file is at work: a command that was made under the file's present replica id came under a
        /// number that the server has for another.
        twin: bool,
    },
    /// Answers [`super::Instruction::RecordAnswers`].
    AnswersRecorded(Facts),
    /// Answers [`super::Instruction::Pull`], or (then `complete`) [`super::Instruction::TakeIn`]: rows and cursors are in the
    /// file.
    PullFinished {
        /// False when there is more to pull.
        complete: bool,
        /// The file now.
        facts: Facts,
    },
    /// Answers [`super::Instruction::TakeIn`]: the file is not where the delta begins; nothing has changed.
    DeltaMissed,
    /// Answers [`super::Instruction::Tidy`].
    Tidied(Facts),
    /// Answers [`super::Instruction::Refresh`]: there are new tokens.
    Refreshed,
    /// The person signed in at the server anew: there are new tokens.
    SignedIn,
    /// Answers [`super::Instruction::OpenLive`]; hints follow until [`Event::LiveClosed`].
    LiveOpened,
    /// A feed has moved.
    Hinted(Hint),
    /// A feed has moved, and these are the rows.
    Delta(Delta),
    /// A heartbeat of live.
    Heard,
    /// Live ended after it was open, in whatever way.
    LiveClosed,
    /// Answers any instruction that starts work: it did not succeed.
    Failed {
        /// What.
        work: Work,
        /// Why.
        fault: Fault,
    },
    /// A timer of [`super::Instruction::SetTimer`] ran out.
    TimerFired(Timer),
    /// Try now: the network came back, or a person asked.
    Wake,
    /// A person asked for a comparison of everything with the server, as soon as it can be reached.
    CheckNow,
    /// The engine ends; nothing is answered after it.
    Stop,
}

/// Kinds of work that may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    /// Saying hello.
    Session,
    /// Getting new tokens.
    Refresh,
    /// Sending commands, or recording what the server said of them.
    Push,
    /// Fetching rows, or taking in those that live brought.
    Pull,
    /// Opening live.
    Live,
    /// Bringing the file in line: see [`super::Tidy`].
    Tidy,
}

impl Work {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::Session, Self::Refresh, Self::Push, Self::Pull, Self::Live, Self::Tidy];

    /// The word for logs and the *Sync* page.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Refresh => "refresh",
            Self::Push => "push",
            Self::Pull => "pull",
            Self::Live => "live",
            Self::Tidy => "tidy",
        }
    }
}

/// Why some work did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What kind of failure.
    pub kind: FaultKind,
    /// Not before so many milliseconds, if the server said so.
    pub retry_after_ms: Option<u64>,
}

impl Fault {
    /// A fault with no word on when to try again.
    #[must_use]
    pub fn new(kind: FaultKind) -> Self {
        Self { kind, retry_after_ms: None }
    }
}

/// Kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// No answer: no route, refused, cut, timed out.
    Unreachable,
    /// An answer that is not ours: a portal's page, a cut or malformed stream.
    Garbled,
    /// The server said no.
    Code(ErrorCode),
    /// The local file could not be read or written.
    Store,
}
