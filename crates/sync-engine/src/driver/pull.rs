//! A pull: frames from the wire into the file, as they come, all of them or none.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;
use wattle_local_store::PullDone;
use wattle_protocol::ipc::session::Progress;
use wattle_protocol::pull::{Frame, Pull};

use super::context::{Context, wire_fault};
use super::work::Done;
use crate::machine::{Fault, FaultKind};

/// Frames between wire and file; then the wire waits for the disk.
const FRAMES: usize = 8;

enum Piece {
    Frame(Frame),
    /// The stream was whole: write it.
    End,
}

pub(super) async fn pull(context: Arc<Context>, max_bytes: u64) -> Result<Done, Fault> {
    let token = context.access_token().await?;
    let facts = context.facts().await?;
    let pull = Pull {
        epoch: facts.epoch,
        cursors: facts.cursors,
        awaiting: facts.awaiting,
        max_bytes,
        ..Pull::default()
    };
    let answer = context.transport.pull(&token, &pull).await;
    let mut frames = answer.map_err(|error| wire_fault("pull", &error))?;

    let (pieces, incoming) = mpsc::channel(FRAMES);
    let writing = context.blocking(move |context| write(context, incoming));
    let reading = async {
        loop {
            let frame = frames.next().await.map_err(|error| wire_fault("pull", &error))?;
            let last = frame.is_none();
            let piece = frame.map_or(Piece::End, Piece::Frame);
            // A file that takes no more says why itself.
            if pieces.send(piece).await.is_err() || last {
                break;
            }
        }
        // Nothing follows; without an `End` before, the file keeps nothing of it.
        drop(pieces);
        Ok(())
    };
    let (written, read): (_, Result<(), Fault>) = tokio::join!(writing, reading);
    context.first_sync.send_if_modified(|progress| progress.take().is_some());
    // A fault of the wire explains a pull that was not written, not the other way round.
    read?;
    let done = written??;
    Ok(Done::Pulled { complete: done.complete })
}

/// Hands frames to the file until the stream ends. Runs on a blocking thread.
fn write(context: &Context, mut incoming: mpsc::Receiver<Piece>) -> Result<PullDone, Fault> {
    let fault = |error| context.store_fault(&error);
    let began = Instant::now();
    let mut pull = context.store.begin_pull().map_err(fault)?;
    let mut of_rows = None;
    while let Some(piece) = incoming.blocking_recv() {
        match piece {
            Piece::Frame(frame) => {
                if let Frame::Whole { rows, .. } = &frame {
                    of_rows = Some(of_rows.unwrap_or(0) + rows);
                }
                pull.frame(frame).map_err(fault)?;
                if let Some(of_rows) = of_rows {
                    let elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                    let progress = Progress { rows: pull.progress(), of_rows, elapsed_ms, ..Progress::default() };
                    context.first_sync.send_replace(Some(progress));
                }
            }
            Piece::End => return pull.finish().map_err(fault),
        }
    }
    // The wire gave up; dropping the pull undoes it.
    Err(Fault::new(FaultKind::Unreachable))
}
