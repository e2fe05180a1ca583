//! Sessions of the Data API: a sliding quarter of an hour, a limited number.

use std::collections::HashMap;
use std::time::Duration;

/// Seconds on a clock that tests can put forward.
pub(crate) type Now = Duration;

/// Who is signed in.
#[derive(Debug)]
pub(crate) struct Sessions {
    /// Without a request for so long, it ends.
    pub(crate) idle: Duration,
    pub(crate) most: usize,
    open: HashMap<String, Now>,
    opened: u64,
}

impl Sessions {
    pub(crate) fn new(idle: Duration, most: usize) -> Self {
        Self { idle, most, open: HashMap::new(), opened: 0 }
    }

    /// A new token; `None` when there are too many.
    pub(crate) fn open(&mut self, now: Now, token: String) -> Option<String> {
        self.sweep(now);
        if self.open.len() >= self.most {
            return None;
        }
        self.opened += 1;
        self.open.insert(token.clone(), now);
        Some(token)
    }

    /// Whether a token is good; if so, it lives on.
    pub(crate) fn touch(&mut self, now: Now, token: &str) -> bool {
        self.sweep(now);
        match self.open.get_mut(token) {
            Some(last) => {
                *last = now;
                true
            }
            None => false,
        }
    }

    pub(crate) fn close(&mut self, token: &str) -> bool {
        self.open.remove(token).is_some()
    }

    pub(crate) fn opened(&self) -> u64 {
        self.opened
    }

    fn sweep(&mut self, now: Now) {
        let idle = self.idle;
        self.open.retain(|_, last| now.saturating_sub(*last) <= idle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_lives_as_long_as_it_is_used() {
        let minutes = |n: u64| Duration::from_secs(n * 60);
        let mut sessions = Sessions::new(minutes(15), 1);
        let token = sessions.open(minutes(0), "t".into()).unwrap();
        assert!(sessions.open(minutes(1), "u".into()).is_none(), "one is the most");
        assert!(sessions.touch(minutes(14), &token));
        assert!(sessions.touch(minutes(28), &token), "it slides");
        assert!(!sessions.touch(minutes(44), &token), "sixteen idle minutes end it");
        assert!(sessions.open(minutes(44), "v".into()).is_some(), "and make room");
    }
}
