//! One kind of work: at most one of it runs, and a failure of it holds up nothing else.

/// Where a lane stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LaneState {
    /// May start.
    #[default]
    Idle,
    /// In flight.
    Running,
    /// Waits for its retry timer. `told`: the server named the time, so nothing may cut it short.
    Waiting { told: bool },
    /// Waits for new tokens.
    Blocked,
}

/// A lane.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lane {
    pub(super) state: LaneState,
    /// Failures in a row.
    pub(super) attempt: u32,
    /// The tokens its present work went out with.
    pub(super) tokens: u32,
}

impl Lane {
    pub(super) fn is_idle(self) -> bool {
        self.state == LaneState::Idle
    }

    pub(super) fn is_running(self) -> bool {
        self.state == LaneState::Running
    }

    pub(super) fn start(&mut self, tokens: u32) {
        self.state = LaneState::Running;
        self.tokens = tokens;
    }

    pub(super) fn succeed(&mut self) {
        self.state = LaneState::Idle;
        self.attempt = 0;
    }

    /// May start, whatever it waited for.
    pub(super) fn free(&mut self) {
        if !self.is_running() {
            self.state = LaneState::Idle;
        }
    }
}
