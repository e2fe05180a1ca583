//! Whether the database asks a session of the app's role for a pass.

use serde_json::json;
use sqlx::postgres::PgPool;

use super::{AdminError, note};
use crate::db::{Identity, image, pass};
use crate::kms::ServerKey;

/// From now on a session of `wattle_app` names a clinic with the pass of this key only; with `alone`, passes of other keys
/// count no more. It is in each clinic's log.
///
/// # Errors
/// The database refuses or goes away.
pub async fn ask_for_pass(owner: &PgPool, key: &ServerKey, alone: bool) -> Result<(), AdminError> {
    pass::take(owner, &key.pass(), alone).await?;
    noted(owner, "ask_for_pass").await
}

/// No pass is asked for any more.
///
/// # Errors
/// The database refuses or goes away.
pub async fn lift_pass(owner: &PgPool) -> Result<(), AdminError> {
    pass::lift(owner).await?;
    noted(owner, "lift_pass").await
}

async fn noted(owner: &PgPool, action: &'static str) -> Result<(), AdminError> {
    for clinic in image::clinics(owner).await? {
        let mut tx = Identity::clinic(clinic).begin(owner).await?;
        note(&mut tx, clinic, action, None, json!({})).await?;
        tx.commit().await?;
    }
    Ok(())
}
