//! Sign-ins that were refused here while no server heard of them: kept until one has noted them in its log.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use wattle_local_store::keys::write_atomic;
use wattle_protocol::refused::{MOST_REFUSALS, Refusal};

use crate::error::Error;

/// The file `refused.json`: whose account, when. Never what was typed.
pub(crate) struct Refused {
    path: PathBuf,
    kept: Mutex<Vec<Refusal>>,
}

impl Refused {
    /// A file that cannot be read counts as empty: whoever can write it can also take it away.
    pub(crate) fn load(path: PathBuf) -> Self {
        let kept =
            std::fs::read(&path).ok().and_then(|t| serde_json::from_slice(&t).ok()).unwrap_or_default();
        Self { path, kept: Mutex::new(kept) }
    }

    /// Keeps one more. Of too many the oldest go: wrong passwords are slowed down long before.
    pub(crate) fn note(&self, refusal: Refusal) -> Result<(), Error> {
        let mut kept = self.kept();
        kept.push(refusal);
        let over = kept.len().saturating_sub(MOST_REFUSALS);
        kept.drain(..over);
        self.save(&kept)
    }

    /// Those that no server has noted yet.
    pub(crate) fn all(&self) -> Vec<Refusal> {
        self.kept().clone()
    }

    /// The server has noted these.
    pub(crate) fn told(&self, told: &[Refusal]) -> Result<(), Error> {
        let mut kept = self.kept();
        kept.retain(|one| !told.contains(one));
        self.save(&kept)
    }

    fn save(&self, kept: &[Refusal]) -> Result<(), Error> {
        let text = serde_json::to_vec(kept).map_err(|_| Error::BadFile("refused.json"))?;
        Ok(write_atomic(&self.path, &text)?)
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Refusal>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use wattle_domain::{UserId, UtcInstant};

    use super::*;

    fn refusal(n: u128) -> Refusal {
        Refusal {
            id: Uuid::from_u128(n),
            user: UserId(Uuid::from_u128(1)),
            at: UtcInstant(i64::try_from(n).unwrap()),
        }
    }

    #[test]
    fn what_no_server_has_noted_outlives_a_restart_and_the_newest_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("refused.json");
        let refused = Refused::load(path.clone());
        for n in 0..u128::try_from(MOST_REFUSALS).unwrap() + 2 {
            refused.note(refusal(n)).unwrap();
        }
        let again = Refused::load(path.clone());
        let kept = again.all();
        assert_eq!((kept.len(), kept[0]), (MOST_REFUSALS, refusal(2)));
        again.note(refusal(9_999)).unwrap();
        again.told(&kept).unwrap();
        assert_eq!(Refused::load(path).all(), [refusal(9_999)], "what came while they were told stays");
    }
}
