//! Wrong passwords are slowed down, with the server or without, also across a restart.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use wattle_domain::UtcInstant;
use wattle_local_store::keys::write_atomic;

use crate::error::Error;

/// So many wrong ones are free.
const FREE: u32 = 5;
/// Then one must wait so long, twice as long each time.
const FIRST_WAIT_S: u32 = 30;
/// But not longer than this.
const LONGEST_WAIT_S: u32 = 15 * 60;
/// Names that are remembered.
const NAMES: usize = 100;

/// The file `attempts.json`.
pub(crate) struct Attempts {
    path: PathBuf,
    tries: Mutex<BTreeMap<String, Tries>>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Tries {
    failed: u32,
    last_at: UtcInstant,
    /// The slot said no to the last try: whatever the server said after, it was a wrong one.
    #[serde(default)]
    wrong_here: bool,
}

impl Tries {
    fn wait_s(self, now: UtcInstant) -> u32 {
        let Some(doublings) = self.failed.checked_sub(FREE) else { return 0 };
        let whole = FIRST_WAIT_S.saturating_mul(1_u32 << doublings.min(10)).min(LONGEST_WAIT_S);
        // A clock that was set back has passed no time.
        let passed_s = u32::try_from((now.0 - self.last_at.0).max(0) / 1000).unwrap_or(u32::MAX);
        whole.saturating_sub(passed_s)
    }
}

impl Attempts {
    /// A file that cannot be read counts as empty: it guards against guessing at the desk, the slot's own price guards
    /// against guessing at the disk.
    pub(crate) fn load(path: PathBuf) -> Self {
        let tries =
            std::fs::read(&path).ok().and_then(|t| serde_json::from_slice(&t).ok()).unwrap_or_default();
        Self { path, tries: Mutex::new(tries) }
    }

    /// Lets a try through, or says how long to wait. The try counts as failed until [`Attempts::forgive`] says
    /// otherwise, so that killing the app does not make one free.
    pub(crate) fn admit(&self, username: &str, now: UtcInstant) -> Result<(), Error> {
        let mut all = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        let tries = all.entry(key(username)).or_insert(Tries { failed: 0, last_at: now, wrong_here: false });
        let retry_after_s = tries.wait_s(now);
        if retry_after_s > 0 {
            return Err(Error::RateLimited { retry_after_s });
        }
        *tries = Tries { failed: tries.failed.saturating_add(1), last_at: now, wrong_here: false };
        if all.len() > NAMES
            && let Some(oldest) = all.iter().min_by_key(|(_, t)| t.last_at).map(|(name, _)| name.clone())
        {
            all.remove(&oldest);
        }
        self.save(&all)
    }

    /// The slot said no to the try that was let through.
    pub(crate) fn wrong_here(&self, username: &str) {
        let mut all = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tries) = all.get_mut(&key(username)) {
            tries.wrong_here = true;
        }
    }

    /// The try was good (`entirely`), or said nothing about the password: unless the slot had said no by itself.
    pub(crate) fn forgive(&self, username: &str, entirely: bool) -> Result<(), Error> {
        let mut all = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get_mut(&key(username)) {
            Some(tries) if !entirely && tries.wrong_here => {}
            Some(tries) if !entirely && tries.failed > 1 => tries.failed -= 1,
            _ => {
                all.remove(&key(username));
            }
        }
        self.save(&all)
    }

    fn save(&self, all: &BTreeMap<String, Tries>) -> Result<(), Error> {
        let text = serde_json::to_vec(all).map_err(|_| Error::BadFile("attempts.json"))?;
        Ok(write_atomic(&self.path, &text)?)
    }
}

fn key(username: &str) -> String {
    username.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> UtcInstant {
        UtcInstant(1_800_000_000_000 + seconds * 1000)
    }

    fn wait(attempts: &Attempts, now: UtcInstant) -> u32 {
        match attempts.admit("maria", now) {
            Ok(()) => 0,
            Err(Error::RateLimited { retry_after_s }) => retry_after_s,
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_server_that_refuses_for_another_reason_makes_no_guess_free() {
        let folder = tempfile::tempdir().unwrap();
        let attempts = Attempts::load(folder.path().join("attempts.json"));
        for n in 0..6 {
            assert_eq!(wait(&attempts, at(n)) > 0, n > 4, "guess {n}");
            attempts.wrong_here("maria");
            attempts.forgive("maria", false).unwrap();
        }
    }

    #[test]
    fn the_sixth_wrong_password_waits_and_each_next_one_longer_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("attempts.json");
        let attempts = Attempts::load(path.clone());
        for _ in 0..5 {
            assert_eq!(wait(&attempts, at(0)), 0);
        }
        assert_eq!(wait(&attempts, at(10)), 20);
        let attempts = Attempts::load(path);
        assert_eq!(wait(&attempts, at(10)), 20, "a restart does not shorten it");
        assert_eq!(wait(&attempts, at(-3600)), 30, "a clock set back does not shorten it");
        assert_eq!(wait(&attempts, at(30)), 0);
        assert_eq!(wait(&attempts, at(30)), 60);
        assert_eq!(attempts.admit("lee", at(30)).map_err(|_| ()), Ok(()), "others are not held up");
        attempts.forgive("MARIA", true).unwrap();
        assert_eq!(wait(&attempts, at(30)), 0);
    }
}
