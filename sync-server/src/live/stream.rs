//! One live stream: what its queue gives, as server-sent events, until its token ends.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use futures::Stream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep};
use wattle_domain::{ClinicId, WorkstationId};

use super::Seat;
use super::queue::Next;
use crate::admission::Share;
use crate::metrics::{Desk, Metrics};

/// How often something is said when there is nothing to say, so that a dead line is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The places that a stream takes: the server's, its workstation's, its clinic's.
type Held = (OwnedSemaphorePermit, Share<WorkstationId>, Share<ClinicId>);

/// The body of an answer to `GET /v1/live`.
pub(crate) struct Events {
    seat: Seat,
    ends: Instant,
    timer: Pin<Box<Sleep>>,
    desk: Arc<Desk>,
    metrics: Arc<Metrics>,
    _held: Held,
}

impl Events {
    pub fn new(seat: Seat, ends: Instant, desk: Arc<Desk>, metrics: Arc<Metrics>, held: Held) -> Self {
        metrics.live_opened();
        let first = ends.min(Instant::now() + KEEP_ALIVE);
        let timer = Box::pin(tokio::time::sleep_until(first));
        Self { seat, ends, timer, desk, metrics, _held: held }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.metrics.live_closed();
    }
}

impl Stream for Events {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.timer.as_mut().poll(context).is_ready() {
            let now = Instant::now();
            if now >= this.ends {
                return Poll::Ready(None);
            }
            this.timer.as_mut().reset(this.ends.min(now + KEEP_ALIVE));
            // The timer must know whom to wake next; it has not fired again already.
            let _ = this.timer.as_mut().poll(context);
            return Poll::Ready(Some(Ok(Bytes::from_static(b":\n\n"))));
        }
        match this.seat.poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Ready(Some(Next::Hint(hint))) => {
                let data = serde_json::to_string(&hint).unwrap_or_default();
                Poll::Ready(Some(Ok(format!("data: {data}\n\n").into())))
            }
            Poll::Ready(Some(Next::Rows(step))) => {
                this.desk.was_sent(step.feed, step.from, step.to);
                Poll::Ready(Some(Ok(step.event)))
            }
        }
    }
}
