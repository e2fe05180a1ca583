//! A pull: frames from the wire into the file, as they come, all of them or none.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;
use wattle_local_store::{PullDone, PullKind, Store};
use wattle_protocol::ipc::session::Progress;
use wattle_protocol::live::Delta;
use wattle_protocol::pull::{Frame, Pull as Request};

use super::context::{Context, Look, wire_fault};
use super::work::{After, Done};
use crate::machine::{Event, Fault, FaultKind, PullWanted};

/// Frames between wire and file; then the wire waits for the disk.
const FRAMES: usize = 8;

enum Piece {
    Frame(Frame),
    /// The stream was whole: write it.
    End,
}

pub(super) async fn pull(
    context: Arc<Context>,
    max_bytes: u64,
    wanted: PullWanted,
    first: bool,
) -> Result<Done, Fault> {
    let asking = Arc::clone(&context);
    let (token, asked) = context.with_token(move |store| request(&asking, store, max_bytes, wanted)).await?;
    let answer = context.transport.pull(&token, &asked).await;
    let mut frames = answer.map_err(|error| wire_fault("pull", &error))?;

    let (pieces, incoming) = mpsc::channel(FRAMES);
    let writing = context.blocking(move |context| {
        let done = write(context, &asked, first, incoming)?;
        Ok((done, context.look()?))
    });
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
    let (done, look): (PullDone, Look) = written??;
    if done.wrong_buckets > 0 {
        tracing::warn!(buckets = done.wrong_buckets, "the file differs from the server; it will be mended");
    }
    Ok(Done::After(After::Pulled { complete: done.complete }, look))
}

/// Rows that live brought, into the file. Blocks. Whatever is wrong with them, a pull is the answer to it.
pub(super) fn take_in(context: &Context, delta: Delta) -> Done {
    let taken = context.of_store(|store| store.take_in(delta));
    match (taken, context.look()) {
        (Ok(Some(_)), Ok(look)) => Done::After(After::Pulled { complete: true }, look),
        _ => Done::Event(Event::DeltaMissed),
    }
}

/// Blocks.
fn request(
    context: &Context,
    store: &Store,
    max_bytes: u64,
    wanted: PullWanted,
) -> Result<Request, wattle_local_store::Error> {
    let mends = wanted == PullWanted::Repair;
    let kind = match wanted {
        PullWanted::Usual | PullWanted::Repair => PullKind::Usual,
        PullWanted::Digest => context.rotation.next(&store.identity().feeds()),
        PullWanted::Reconcile { epoch } => PullKind::Reconcile { epoch },
    };
    let mut request = store.pull_request(kind, max_bytes)?;
    if !mends {
        // So that a bucket that the server cannot mend does not hold up what is new.
        request.repair.clear();
    }
    Ok(request)
}

/// Hands frames to the file until the stream ends, and tells how far a first sync is. Runs on a blocking thread.
fn write(
    context: &Context,
    asked: &Request,
    first: bool,
    mut incoming: mpsc::Receiver<Piece>,
) -> Result<PullDone, Fault> {
    let fault = |error| context.store_fault(&error);
    let began = Instant::now();
    let mut pull = context.store.begin_pull_of(asked).map_err(fault)?;
    let mut of_rows = None;
    while let Some(piece) = incoming.blocking_recv() {
        match piece {
            Piece::Frame(frame) => {
                if let Frame::Whole { rows, .. } = &frame {
                    of_rows = Some(of_rows.unwrap_or(0) + rows);
                }
                pull.frame(frame).map_err(fault)?;
                if let Some(of_rows) = of_rows.filter(|_| first) {
                    let elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                    let progress =
                        Progress { rows: pull.progress(), of_rows, elapsed_ms, ..Progress::default() };
                    context.first_sync.send_replace(Some(progress));
                }
            }
            Piece::End => return pull.finish().map_err(fault),
        }
    }
    // The wire gave up; dropping the pull undoes it.
    Err(Fault::new(FaultKind::Unreachable))
}
