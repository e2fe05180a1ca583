//! Before the engine of an untouched file: is there an image of what it should hold?

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use wattle_protocol::ipc::session::Progress;

use super::Tokens;
use crate::image::{Patience, Ready, Target, arrive};
use crate::transport::Transport;

/// What is to be made of an image, and for how long to try.
#[derive(Clone)]
pub struct FirstCopy {
    /// The file that stands open, untouched so far.
    pub target: Target,
    /// How long to keep trying.
    pub patience: Patience,
}

/// A complete file, for whoever can close the one that stands open.
#[derive(Clone, Debug, Default)]
pub(super) struct Shelf(Arc<Mutex<Option<Ready>>>);

impl Shelf {
    pub(super) fn take(&self) -> Option<Ready> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Tries. True: there is a complete file on the shelf, and this engine has nothing more to do. False: stream rows.
pub(super) async fn run(
    copy: FirstCopy,
    transport: &Transport,
    tokens: &Arc<dyn Tokens>,
    progress: &watch::Sender<Option<Progress>>,
    shelf: &Shelf,
) -> bool {
    match arrive(transport, tokens, &copy.target, copy.patience, progress).await {
        Ok(ready) => {
            *shelf.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(ready);
            true
        }
        Err(why) => {
            tracing::info!(
                error = &why as &dyn std::error::Error,
                "no image becomes this file; rows are streamed"
            );
            progress.send_replace(None);
            false
        }
    }
}
