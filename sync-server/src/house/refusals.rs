//! Sign-ins that a workstation has refused without the server.

use serde_json::json;
use wattle_protocol::refused::Refusal;

use crate::auth::Session;
use crate::db::access::{self, Access};
use crate::db::account;
use crate::db::error::is_duplicate;
use crate::error::ApiError;
use crate::state::AppState;

/// Writes them into the log of access, each once and in a transaction of its own: one that is there already undoes its own
/// place in the chain and nobody else's. Those of accounts that the clinic does not have are passed over.
pub(crate) async fn note_refusals(
    app: &AppState,
    session: &Session,
    refused: &[Refusal],
) -> Result<(), ApiError> {
    let clinic = session.clinic;
    for one in refused {
        let mut tx = session.identity().begin(&app.pool).await?;
        if account::username(&mut tx, clinic, one.user).await?.is_none() {
            continue;
        }
        let noted = Access {
            action: "sign_in_refused",
            // Nobody knows who it was.
            user: None,
            workstation: Some(session.workstation),
            subject: Some(one.user.0),
            detail: json!({"why": "without_server", "done_at": one.at}),
        };
        match access::append_as(&mut tx, clinic, app.now(), one.id, noted).await {
            Ok(()) => tx.commit().await?,
            // Told before, and the answer was lost.
            Err(error) if is_duplicate(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
