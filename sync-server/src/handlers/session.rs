//! `POST /v1/session`: the first word of every connection.

use axum::extract::State;
use wattle_domain::FeedClass;
use wattle_protocol::session::{Cursors, FeedHead, Hello, Welcome};
use wattle_protocol::{ErrorCode, OLDEST_PROTOCOL, PROTOCOL};

use crate::auth::Session;
use crate::body::Json;
use crate::db::replica::{self, File};
use crate::db::{account, feed, workstation};
use crate::error::ApiError;
use crate::handlers::refresh::lease;
use crate::pull::wanted;
use crate::state::AppState;

pub(crate) async fn session(
    State(app): State<AppState>,
    session: Session,
    Json(hello): Json<Hello>,
) -> Result<Json<Welcome>, ApiError> {
    if !(OLDEST_PROTOCOL..=PROTOCOL).contains(&hello.protocol) {
        return Err(ApiError::new(ErrorCode::UpgradeRequired));
    }
    let now = app.now();
    let (clinic, at) = (session.clinic, session.workstation);
    app.metrics.desk(clinic, at, &hello.cursors);
    app.metrics.outbox(clinic, at, hello.outbox_len, hello.outbox_oldest_s);
    let _place = app.limits.sessions.enter(clinic).await?;
    let file = File { clinic, workstation: at, replica: hello.replica };
    let mut tx = session.identity().begin(&app.pool).await?;
    let epoch = feed::epoch(&mut tx).await?;
    let feeds = wanted(&feed::heads(&mut tx, clinic).await?, hello.feeds.as_deref());
    let roles = account::roles(&mut tx, clinic, session.user).await?;
    let last_n = u64::try_from(replica::last_n(&mut tx, file).await?).unwrap_or_default();
    workstation::seen(&mut tx, clinic, at, now, Some(&hello.app_version)).await?;
    if hello.epoch == epoch {
        replica::at(&mut tx, file, &epoch, &held(&hello, &feeds)).await?;
    }
    // An app of protocol 1 has no use for them.
    let workstation_names =
        if hello.protocol >= 2 { workstation::names(&mut tx, clinic).await? } else { Default::default() };
    tx.commit().await?;

    if hello.last_n < last_n {
        // Restored from an old disk image: it will use numbers again. Nothing is lost, commands go by their ids.
        tracing::warn!(%clinic, workstation = %at, ours = last_n, theirs = hello.last_n, "workstation went back in time");
    }
    let removed: Vec<FeedClass> =
        hello.cursors.keys().copied().filter(|held| !feeds.iter().any(|f| f.feed == *held)).collect();
    Ok(Json(Welcome {
        epoch,
        server_time: app.clock.now(),
        feeds,
        removed,
        workstation: session.state,
        offline_lease_until: lease(&app, Some(session.state), now),
        min_app_version: app.config.min_app_version.clone(),
        roles,
        last_n,
        workstation_names,
    }))
}

/// The cursors that make sense here.
fn held(hello: &Hello, feeds: &[FeedHead]) -> Cursors {
    let known = |feed: &FeedHead| {
        let seq = hello.cursors.get(&feed.feed).copied()?;
        (seq <= feed.head).then_some((feed.feed, seq))
    };
    feeds.iter().filter_map(known).collect()
}
