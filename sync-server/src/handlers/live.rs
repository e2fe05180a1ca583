//! `GET /v1/live`: server-sent events when feeds move; with `?rows=ref,front` the rows themselves.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{OriginalUri, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use wattle_domain::FeedClass;
use wattle_protocol::ErrorCode;
use wattle_protocol::live::ROWS_QUERY;

use crate::auth::Session;
use crate::error::ApiError;
use crate::limits;
use crate::live::Events;
use crate::state::AppState;

pub(crate) async fn live(
    State(app): State<AppState>,
    session: Session,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, ApiError> {
    session.may_sync()?;
    let place = limits::place_now(&app.limits.streams)?;
    let share = app.limits.listeners.take(session.workstation);
    let share = share
        .ok_or_else(|| ApiError::after(ErrorCode::Unavailable, 15, "live streams of one workstation"))?;
    let of_clinic = limits::share_now(&app.limits.clinic_streams, session.clinic)?;
    let seat = app.hub.subscribe(&session, wants(uri.query().unwrap_or_default()));
    // A token that has ended, or roles that were taken away, end the stream; the client comes back with new ones.
    let life_ms = u64::try_from(session.until.0 - app.clock.now().0).unwrap_or_default();
    let ends = tokio::time::Instant::now() + Duration::from_millis(life_ms);
    let desk = app.metrics.desk_of(session.clinic, session.workstation);
    let events = Events::new(seat, ends, desk, app.metrics.clone(), (place, share, of_clinic));
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, Body::from_stream(events)).into_response())
}

/// The feeds that rows are asked of; words that are none are for newer nodes.
fn wants(query: &str) -> Vec<FeedClass> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let words = pairs.filter(|(key, _)| *key == ROWS_QUERY).map(|(_, words)| words.replace("%2C", ","));
    words.flat_map(|words| words.split(',').filter_map(|w| w.parse().ok()).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_names_feeds() {
        assert_eq!(wants("rows=ref,front"), [FeedClass::Ref, FeedClass::Front]);
        assert_eq!(wants("a=b&rows=ref%2Cfront%2Cnext_years"), [FeedClass::Ref, FeedClass::Front]);
        assert_eq!(wants("rows="), []);
        assert_eq!(wants(""), []);
    }
}
