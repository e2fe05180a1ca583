//! `GET /v1/live`: server-sent hints that a feed has moved.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use wattle_domain::{FeedClass, FeedSeq};
use wattle_protocol::live::Hint;

use crate::auth::Session;
use crate::db::feed;
use crate::error::ApiError;
use crate::limits;
use crate::live::Heads;
use crate::state::AppState;

/// How often something is said when there is nothing to say, so that a dead line is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

pub(crate) async fn live(
    State(app): State<AppState>,
    session: Session,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    session.may_sync()?;
    let place = limits::place_now(&app.limits.streams)?;
    let heads = app.hub.subscribe(session.clinic);
    let mut tx = session.identity().begin(&app.pool).await?;
    let granted = feed::granted(&mut tx).await?;
    tx.commit().await?;
    // A token that has ended, or roles that were taken away, end the stream; the client comes back with new ones.
    let life_ms = u64::try_from(session.until.0 - app.clock.now().0).unwrap_or_default();
    let listener = Listener {
        heads,
        granted,
        sent: BTreeMap::new(),
        ready: Vec::new(),
        ends: tokio::time::Instant::now() + Duration::from_millis(life_ms),
        stopping: app.stopping.clone(),
        _place: place,
    };
    let stream = futures::stream::unfold(listener, |mut listener| async move {
        let hint = listener.next().await?;
        let event = Event::default().data(serde_json::to_string(&hint).unwrap_or_default());
        Some((Ok(event), listener))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// One connection. It holds the newest heads only, so a slow reader costs nothing and misses nothing.
struct Listener {
    heads: watch::Receiver<Heads>,
    granted: Vec<FeedClass>,
    sent: BTreeMap<FeedClass, FeedSeq>,
    ready: Vec<Hint>,
    ends: tokio::time::Instant,
    stopping: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
}

impl Listener {
    async fn next(&mut self) -> Option<Hint> {
        loop {
            if let Some(hint) = self.ready.pop() {
                return Some(hint);
            }
            self.gather();
            if !self.ready.is_empty() {
                continue;
            }
            tokio::select! {
                changed = self.heads.changed() => changed.ok()?,
                stopped = self.stopping.wait_for(|stop| *stop) => { let _ = stopped; return None }
                () = tokio::time::sleep_until(self.ends) => return None,
            }
        }
    }

    fn gather(&mut self) {
        let heads = self.heads.borrow_and_update();
        for feed in self.granted.iter().rev() {
            let Some(head) = heads.get(feed) else { continue };
            if self.sent.get(feed).is_none_or(|sent| sent < head) {
                self.sent.insert(*feed, *head);
                self.ready.push(Hint { feed: *feed, head: *head });
            }
        }
    }
}
