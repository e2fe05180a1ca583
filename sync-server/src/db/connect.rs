//! Pools: the app's, which owns nothing and sees what row-level security lets it, and the owner's.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};

use crate::kms::ServerKey;

/// How long a connection that nobody uses is taken to be alive.
const BELIEVED: Duration = Duration::from_secs(1);

/// The pool of the serving process, as role `wattle_app`, with the pass that the database may ask for. Connects at the first
/// use, so that the server can start, and answer `/healthz`, before its database does.
///
/// # Errors
/// A URL that cannot be read.
pub fn app_pool(url: &str, connections: u32, key: Option<&ServerKey>) -> Result<PgPool, sqlx::Error> {
    let mut options = options(url)?.application_name("wattle-server").options([
        // A verdict that was sent must survive a crash, whatever the cluster's default is.
        ("synchronous_commit", "on"),
        ("statement_timeout", "15s"),
        ("lock_timeout", "5s"),
        ("idle_in_transaction_session_timeout", "60s"),
        ("timezone", "UTC"),
    ]);
    if let Some(key) = key {
        // At the start of a connection and in no statement: other sessions of the role see each other's statements.
        options = options.options([("wattle.pass", key.pass())]);
    }
    Ok(PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(5))
        // Asking a connection whether it lives costs a round trip; one that was at work a moment ago is believed.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > BELIEVED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options))
}

/// A small pool that acts as `wattle_owner`, for administration. Row-level security holds for the owner too.
///
/// # Errors
/// No such server, or an account that may not act as the owner.
pub async fn owner_pool(url: &str) -> Result<PgPool, sqlx::Error> {
    PgPoolOptions::new()
        .max_connections(2)
        .after_connect(|connection, _| {
            Box::pin(async move {
                sqlx::query("SET ROLE wattle_owner").execute(connection).await?;
                Ok(())
            })
        })
        .connect_with(options(url)?.application_name("wattle-server-admin"))
        .await
}

/// Statements are never logged: their text is ours, but what goes wrong with them may quote a value.
pub(crate) fn options(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    // There are more statements than sqlx keeps by itself, and one that is dropped is parsed and planned anew.
    Ok(PgConnectOptions::from_str(url)?.statement_cache_capacity(1000).disable_statement_logging())
}
