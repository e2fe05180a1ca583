//! Tokens in memory, and on disk where a desk is to survive the end of its process.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use wattle_protocol::ErrorCode;
use wattle_protocol::session::{SignedIn, Welcome};
use wattle_sync_engine::Tokens;

use super::Seat;

/// Keeps a seat's tokens, as the workstation keeps them in its file.
pub struct Keeper {
    held: Mutex<Held>,
    path: Option<PathBuf>,
}

struct Held {
    seat: Seat,
    access: bool,
    refresh: bool,
    refused: bool,
}

impl Keeper {
    /// Keeps these, in a file too if there is a path.
    #[must_use]
    pub fn new(seat: Seat, path: Option<PathBuf>) -> Self {
        let held = Held { seat, access: true, refresh: true, refused: false };
        Self { held: Mutex::new(held), path }
    }

    /// The seat, with the tokens that were given last.
    #[must_use]
    pub fn seat(&self) -> Seat {
        self.lock().seat.clone()
    }

    /// Takes new tokens over.
    pub fn accept(&self, signed_in: &SignedIn) {
        let seat = {
            let mut held = self.lock();
            (held.access, held.refresh, held.refused) = (true, true, false);
            held.seat.signed_in = signed_in.clone();
            held.seat.clone()
        };
        if let Some(path) = &self.path {
            // A pair that could not be kept costs a sign-in at the next start, and nothing else.
            let _ = write(&seat, path);
        }
    }

    /// The access token is forgotten, as after ten minutes.
    pub fn lose_access(&self) {
        self.lock().access = false;
    }

    /// The server took no token any more: the person must sign in.
    #[must_use]
    pub fn was_refused(&self) -> bool {
        self.lock().refused
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tokens for Keeper {
    fn access(&self) -> Option<String> {
        let held = self.lock();
        held.access.then(|| held.seat.signed_in.access_token.clone())
    }
    fn refresh(&self) -> Option<String> {
        let held = self.lock();
        held.refresh.then(|| held.seat.signed_in.refresh_token.clone())
    }
    fn renewed(&self, signed_in: &SignedIn) {
        self.accept(signed_in);
    }
    fn refused(&self, _: ErrorCode) {
        let mut held = self.lock();
        (held.access, held.refresh, held.refused) = (false, false, true);
    }
    fn welcomed(&self, _: &Welcome) {}
}

/// Whole or not at all, also through a kill.
pub(super) fn write(seat: &Seat, path: &Path) -> std::io::Result<()> {
    let new = path.with_extension("new");
    let mut file = std::fs::File::create(&new)?;
    file.write_all(&serde_json::to_vec(seat)?)?;
    file.sync_all()?;
    std::fs::rename(new, path)
}
