//! Searches for patients that lead to nobody's record are logged, too: by whom, when, and how many were shown. Never what was
//! typed. One that leads to a record is in the log as that.

use std::sync::{MutexGuard, PoisonError};

use wattle_domain::commands::NoteSearch;
use wattle_domain::{UserId, UtcInstant};

use super::Workstation;

/// What is typed within this time of what was typed before is one search.
const ONE_SEARCH_MS: i64 = 60_000;

/// A search that has led to nothing so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Search {
    user: UserId,
    last_at: UtcInstant,
    hits: u32,
}

impl Workstation {
    /// Patients were looked for and so many shown. The search before it is over when it was long ago.
    pub(super) async fn searched(&self, hits: usize) {
        let Ok(desk) = self.desk() else { return };
        let (user, now) = (desk.user(), self.now());
        let this = Search { user, last_at: now, hits: u32::try_from(hits).unwrap_or(u32::MAX) };
        let before = self.search().replace(this);
        let over = before.filter(|s| s.user == user && now.0 - s.last_at.0 > ONE_SEARCH_MS);
        if let Some(over) = over {
            self.log_search(over).await;
        }
    }

    /// A record was opened, which is logged and says more; or there is nothing left to log it in.
    pub(super) fn forget_search(&self) {
        *self.search() = None;
    }

    /// The curtain is drawn or the desk left: what was looked for has led to nothing.
    pub(super) async fn end_search(&self) {
        let over = self.search().take();
        if let Some(over) = over {
            self.log_search(over).await;
        }
    }

    async fn log_search(&self, search: Search) {
        let Some(desk) = self.desk_behind_the_curtain().filter(|desk| desk.user() == search.user) else {
            return;
        };
        match desk.submit(NoteSearch { hits: search.hits }.into()).await {
            Ok(_) => desk.nudge(),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a search was not logged");
            }
        }
    }

    fn search(&self) -> MutexGuard<'_, Option<Search>> {
        self.0.search.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
