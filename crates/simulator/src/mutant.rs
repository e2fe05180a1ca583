//! Deliberately broken variants: each must be caught, or the simulator proves nothing.
//!
//! They alter the model of the server or sit between machine and store; the product carries no switch.

/// A way to be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mutant {
    /// Feed numbers are drawn when a transaction begins to write, not when it commits.
    NaiveCursor,
    /// Answers to a push go out before its transaction has committed.
    AckBeforeCommit,
    /// A command that comes twice is decided twice.
    NoDedupe,
    /// Rows that are gone are not said to be.
    SkipGone,
    /// A workstation takes the server's digest for its own.
    AdoptDigest,
    /// What resets the mirror empties the outbox with it.
    DropOutboxOnReset,
    /// A value that replaces another unseen one leaves no conflict.
    SilentOverwrite,
    /// The later time of writing wins, not the later receipt.
    ClockOrders,
    /// What is new in a log overwrites the entry before it.
    RewriteLog,
}

impl Mutant {
    /// Every one.
    pub const ALL: [Self; 9] = [
        Self::NaiveCursor,
        Self::AckBeforeCommit,
        Self::NoDedupe,
        Self::SkipGone,
        Self::AdoptDigest,
        Self::DropOutboxOnReset,
        Self::SilentOverwrite,
        Self::ClockOrders,
        Self::RewriteLog,
    ];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NaiveCursor => "naive-cursor",
            Self::AckBeforeCommit => "ack-before-commit",
            Self::NoDedupe => "no-dedupe",
            Self::SkipGone => "skip-gone",
            Self::AdoptDigest => "adopt-digest",
            Self::DropOutboxOnReset => "drop-outbox-on-reset",
            Self::SilentOverwrite => "silent-overwrite",
            Self::ClockOrders => "clock-orders",
            Self::RewriteLog => "rewrite-log",
        }
    }
}

impl std::str::FromStr for Mutant {
    type Err = String;
    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|m| m.name() == name)
            .ok_or_else(|| format!("no such mutant; there are: {}", Self::ALL.map(Self::name).join(", ")))
    }
}
