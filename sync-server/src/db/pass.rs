//! The passes that a session of `wattle_app` is believed with; see migration 51.

use sqlx::postgres::PgConnection;

use crate::secret::sha256;

/// Takes a pass from now on, and with `alone` no other.
pub(crate) async fn take(connection: &mut PgConnection, pass: &str, alone: bool) -> Result<(), sqlx::Error> {
    let hash = sha256(pass.as_bytes());
    sqlx::query("INSERT INTO sync.pass (hash) VALUES ($1) ON CONFLICT DO NOTHING")
        .bind(&hash)
        .execute(&mut *connection)
        .await?;
    if alone {
        sqlx::query("DELETE FROM sync.pass WHERE hash <> $1").bind(&hash).execute(connection).await?;
    }
    Ok(())
}

/// Asks for none any more.
pub(crate) async fn lift(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM sync.pass").execute(connection).await.map(drop)
}
