//! Whether the database asks a session of the app's role for a pass.

use serde_json::json;
use sqlx::postgres::PgPool;
use sqlx::{Postgres, Transaction};

use super::{AdminError, note};
use crate::db::{Identity, image, pass};
use crate::kms::ServerKey;

/// From now on a session of `wattle_app` names a clinic with the pass of this key only; with `alone`, passes of other keys
/// count no more. It is in each clinic's log, in the same transaction.
///
/// # Errors
/// The database refuses or goes away.
pub async fn ask_for_pass(owner: &PgPool, key: &ServerKey, alone: bool) -> Result<(), AdminError> {
    let mut tx = owner.begin().await?;
    pass::take(&mut tx, &key.pass(), alone).await?;
    noted(owner, tx, "ask_for_pass").await
}

/// No pass is asked for any more.
///
/// # Errors
/// The database refuses or goes away.
pub async fn lift_pass(owner: &PgPool) -> Result<(), AdminError> {
    let mut tx = owner.begin().await?;
    pass::lift(&mut tx).await?;
    noted(owner, tx, "lift_pass").await
}

/// It concerns every clinic, and each has a log of its own: all of them, or nothing is done.
async fn noted(
    owner: &PgPool,
    mut tx: Transaction<'_, Postgres>,
    action: &'static str,
) -> Result<(), AdminError> {
    for clinic in image::clinics(owner).await? {
        Identity::clinic(clinic).set(&mut tx).await?;
        note(&mut tx, clinic, action, None, json!({})).await?;
    }
    Ok(tx.commit().await?)
}
