//! Pull: the present rows after the cursors, out of one snapshot, as lines of JSON; digests and mended buckets beside them.
//!
//! Owns: the order of frames, where a page ends, what is sent whole. Must never: send a row that row-level security did
//! not show to this user or to another who is granted the same feed, or hold more than a chunk or a small step in memory.
//! Called by: `handlers/pull.rs`.

mod asked;
mod changes;
pub(crate) mod delta;
mod digests;
mod frames;
mod producer;
mod recent;
mod repair;
mod snapshot;

use axum::body::Bytes;
use futures::Stream;
use tokio::sync::{mpsc, oneshot};
use wattle_protocol::ErrorCode;
use wattle_protocol::pull::Pull;

use crate::admission::Place;
use crate::auth::Session;
use crate::error::ApiError;
use crate::limits;
use crate::state::AppState;

pub(crate) use asked::wanted;
pub(crate) use recent::Recent;

/// Chunks on their way to the socket; past these, the database waits for the reader.
const CHUNKS_AHEAD: usize = 4;

/// Why a pull ended before its checkpoint; a text for the log.
type Ended = String;

/// A stream that broke: the connection is cut, so that the client sees no checkpoint.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the pull broke off")]
pub(crate) struct BrokeOff;

/// Checks the request and begins to stream. The work runs in its own task: a reader that goes away does not leave a
/// connection in the middle of a transaction.
///
/// # Errors
/// `resnapshot` for cursors of another epoch or of feeds that this user may not hold; `malformed`; `unavailable`, also
/// when digests are wanted and enough are being made.
pub(crate) async fn start(
    app: &AppState,
    session: &Session,
    pull: Pull,
    place: Place,
) -> Result<impl Stream<Item = Result<Bytes, BrokeOff>> + use<>, ApiError> {
    let asked = asked::Asked::read(pull)?;
    // They read whole tables: a few at a time, so that the rows of others are not held up.
    let digesting = match &asked.digests {
        Some(_) => Some((
            limits::share_now(&app.limits.clinic_digests, session.clinic)?,
            limits::place_now(&app.limits.digests)?,
        )),
        None => None,
    };
    let (chunks, mut received) = mpsc::channel(CHUNKS_AHEAD);
    let (begun, has_begun) = oneshot::channel();
    let work = producer::run(app.clone(), session.clone(), asked, begun, chunks.clone());
    let limit = app.config.pull_time;
    tokio::spawn(async move {
        let _places = (place, digesting);
        let failed = match tokio::time::timeout(limit, work).await {
            Ok(Ok(())) => false,
            Ok(Err(cause)) => {
                tracing::warn!(cause, "pull broke off");
                true
            }
            Err(_) => {
                tracing::warn!("pull took too long");
                true
            }
        };
        if failed {
            let _ = chunks.send(Err(BrokeOff)).await;
        }
    });
    match tokio::time::timeout(app.config.request_time, has_begun).await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => return Err(error),
        Ok(Err(_)) => return Err(ApiError::because(ErrorCode::Internal, "pull ended before it began")),
        Err(_) => return Err(ApiError::after(ErrorCode::Unavailable, 2, "pull did not begin")),
    }
    Ok(futures::stream::poll_fn(move |context| received.poll_recv(context)))
}
