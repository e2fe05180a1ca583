//! What else is going on in the database.

use std::time::Duration;

use sqlx::postgres::PgPool;

/// For how long the oldest transaction that has written something is open.
pub(crate) async fn oldest_write(pool: &PgPool) -> Result<Duration, sqlx::Error> {
    let seconds: f64 = sqlx::query_scalar("SELECT sync.oldest_write()").fetch_one(pool).await?;
    Ok(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}
