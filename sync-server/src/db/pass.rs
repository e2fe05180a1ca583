//! The passes that a session of `wattle_app` is believed with; see migration 51.

use sqlx::postgres::PgPool;

use crate::secret::sha256;

/// Takes a pass from now on, and with `alone` no other.
pub(crate) async fn take(owner: &PgPool, pass: &str, alone: bool) -> Result<(), sqlx::Error> {
    let hash = sha256(pass.as_bytes());
    let mut tx = owner.begin().await?;
    sqlx::query("INSERT INTO sync.pass (hash) VALUES ($1) ON CONFLICT DO NOTHING")
        .bind(&hash)
        .execute(&mut *tx)
        .await?;
    if alone {
        sqlx::query("DELETE FROM sync.pass WHERE hash <> $1").bind(&hash).execute(&mut *tx).await?;
    }
    tx.commit().await
}

/// Asks for none any more.
pub(crate) async fn lift(owner: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM sync.pass").execute(owner).await.map(drop)
}
