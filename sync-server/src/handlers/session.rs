//! `POST /v1/session`: the first word of every connection.

use std::collections::BTreeMap;

use axum::extract::State;
use sqlx::{Postgres, Transaction};
use wattle_domain::FeedClass;
use wattle_protocol::session::{Cursors, FeedHead, Hello, Welcome};
use wattle_protocol::{ErrorCode, OLDEST_PROTOCOL, PROTOCOL};

use crate::auth::Session;
use crate::body::Json;
use crate::db::session::{self as db, File};
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
    let (clinic, at) = (session.clinic, session.workstation);
    app.metrics.desk(clinic, at, &hello.cursors);
    app.metrics.outbox(clinic, at, hello.outbox_len, hello.outbox_oldest_s);
    let _place = app.limits.sessions.enter(clinic).await?;
    let mut connection = app.pool.acquire().await?;
    let error = match db::begin(&mut connection, &session.identity()).await {
        Ok(tx) => return welcome(&app, &session, &hello, tx).await.map(Json),
        Err(error) => error,
    };
    connection.close_on_drop();
    Err(error.into())
}

/// Looks, notes that the workstation was here, and says how things stand.
async fn welcome(
    app: &AppState,
    session: &Session,
    hello: &Hello,
    mut tx: Transaction<'_, Postgres>,
) -> Result<Welcome, ApiError> {
    let (clinic, at, now) = (session.clinic, session.workstation, app.now());
    let file = File { clinic, workstation: at, replica: hello.replica };
    let look = db::look(&mut tx, file, session.user).await?;
    let feeds = wanted(&look.feeds, hello.feeds.as_deref());
    let here = (hello.epoch == look.epoch).then(|| (look.epoch.as_str(), held(hello, &feeds)));
    db::heard(&mut tx, file, &hello.app_version, now, here).await?;
    // An app of protocol 1 has no use for them.
    let workstation_names = match hello.protocol {
        2.. => app.names.of(&mut tx, clinic, at).await?.as_ref().clone(),
        _ => BTreeMap::new(),
    };
    tx.commit().await?;

    let last_n = look.last_n;
    if hello.last_n < last_n {
        // Restored from an old disk image: it will use numbers again. Nothing is lost, commands go by their ids.
        tracing::warn!(%clinic, workstation = %at, ours = last_n, theirs = hello.last_n, "workstation went back in time");
    }
    let removed: Vec<FeedClass> =
        hello.cursors.keys().copied().filter(|held| !feeds.iter().any(|f| f.feed == *held)).collect();
    Ok(Welcome {
        epoch: look.epoch,
        server_time: app.clock.now(),
        feeds,
        removed,
        workstation: session.state,
        offline_lease_until: lease(app, Some(session.state), now),
        min_app_version: app.config.min_app_version.clone(),
        roles: look.roles,
        last_n,
        workstation_names,
    })
}

/// The cursors that make sense here.
fn held(hello: &Hello, feeds: &[FeedHead]) -> Cursors {
    let known = |feed: &FeedHead| {
        let seq = hello.cursors.get(&feed.feed).copied()?;
        (seq <= feed.head).then_some((feed.feed, seq))
    };
    feeds.iter().filter_map(known).collect()
}
