//! Pulls until nothing is missing.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use wattle_local_store::{PullKind, Store};
use wattle_protocol::ErrorCode;
use wattle_protocol::pull::{Frame, Pull};
use wattle_sync_engine::Transport;
use wattle_sync_engine::transport;

use crate::error::Error;

/// What one pull may send before it stops at a commit; a feed that is sent whole is not cut.
const MOST_BYTES: u64 = 256 << 20;
/// Frames between wire and file.
const FRAMES: usize = 8;
/// How often a server that is busy is asked again.
const TRIES: u32 = 60;
/// Between two tries when the server does not say.
const WAIT_S: u32 = 2;

/// The rows that came.
pub(crate) async fn all(transport: &Transport, token: &str, store: &Store) -> Result<u64, Error> {
    let (mut rows, mut busy) = (0, 0);
    loop {
        let asked = {
            let store = store.clone();
            spawn_blocking(move || store.pull_request(PullKind::Usual, MOST_BYTES)).await??
        };
        match once(transport, token, store, asked).await {
            Ok((came, complete)) => {
                rows += came;
                if complete {
                    return Ok(rows);
                }
            }
            // Workstations go first.
            Err(Error::Server(transport::Error::Refused {
                code: ErrorCode::Unavailable | ErrorCode::RateLimited,
                retry_after_s,
                ..
            })) if busy < TRIES => {
                busy += 1;
                tokio::time::sleep(Duration::from_secs(retry_after_s.unwrap_or(WAIT_S).into())).await;
            }
            Err(other) => return Err(other),
        }
    }
}

async fn once(transport: &Transport, token: &str, store: &Store, asked: Pull) -> Result<(u64, bool), Error> {
    let mut frames = transport.pull(token, &asked).await?;
    let (pieces, mut incoming) = mpsc::channel::<Option<Frame>>(FRAMES);
    let store = store.clone();
    let writing = spawn_blocking(move || {
        let mut pull = store.begin_pull_of(&asked)?;
        while let Some(piece) = incoming.blocking_recv() {
            match piece {
                Some(frame) => pull.frame(frame)?,
                None => {
                    let counter = pull.progress_counter();
                    let done = pull.finish()?;
                    return Ok((counter.load(std::sync::atomic::Ordering::Relaxed), done.complete));
                }
            }
        }
        Err(wattle_local_store::Error::Incomplete)
    });
    let reading = async {
        loop {
            let frame = frames.next().await?;
            let last = frame.is_none();
            if pieces.send(frame).await.is_err() || last {
                break;
            }
        }
        drop(pieces);
        Ok::<_, transport::Error>(())
    };
    let (written, read) = tokio::join!(writing, reading);
    // A fault of the wire explains a pull that was not written, not the other way round.
    read?;
    Ok(written??)
}
