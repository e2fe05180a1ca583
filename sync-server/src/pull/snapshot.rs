//! A connection in one read-only snapshot, under row-level security as some identity.

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Executor, Postgres};

use super::Ended;
use crate::db::Identity;
use crate::db::error::describe;

/// A connection in a read-only transaction. Unless it is finished in order it is closed, never given back: it may be in
/// the middle of a transaction or of a COPY.
pub(super) struct Snapshot(Option<PoolConnection<Postgres>>);

impl Snapshot {
    /// Opens one.
    pub async fn begin(pool: &PgPool, identity: &Identity) -> Result<Self, sqlx::Error> {
        let mut snapshot = Self(Some(pool.acquire().await?));
        if let Some(connection) = snapshot.0.as_deref_mut() {
            // A reader may be slow; the pull as a whole has its own limit. What is put in are ids.
            let text = format!(
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0; \
                 SET LOCAL idle_in_transaction_session_timeout = 0; {}",
                identity.text()
            );
            connection.execute(sqlx::raw_sql(AssertSqlSafe(text))).await?;
        }
        Ok(snapshot)
    }

    /// The connection.
    pub fn get(&mut self) -> Result<&mut PgConnection, Ended> {
        self.0.as_deref_mut().ok_or_else(|| "no connection".to_owned())
    }

    /// Ends the transaction and gives the connection back.
    pub async fn finish(mut self) -> Result<(), Ended> {
        self.get()?.execute("COMMIT").await.map_err(|error| describe(&error))?;
        // Back to the pool.
        drop(self.0.take());
        Ok(())
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        if let Some(mut connection) = self.0.take() {
            connection.close_on_drop();
        }
    }
}
