//! A workstation that was told to destroy its keys: what it had not delivered is kept, then it is no workstation any more.
//!
//! Commands are not decided here: whoever has the computer may not be who should be at it. They go to quarantine, whole and
//! signed, and an admin says what becomes of them.

use std::collections::BTreeSet;

use serde_json::json;
use uuid::Uuid;
use wattle_domain::{CommandId, Envelope};
use wattle_protocol::ErrorCode;
use wattle_protocol::push::Signed;
use wattle_protocol::session::{Wiping, WorkstationState};

use crate::auth::Session;
use crate::db::access::{self, Access};
use crate::db::command_log::{self, Kept};
use crate::db::{escrow, token, workstation};
use crate::error::ApiError;
use crate::secret;
use crate::state::AppState;

/// Takes a workstation's last words.
pub(crate) async fn take(app: &AppState, session: &Session, wiping: Wiping) -> Result<(), ApiError> {
    if session.state != WorkstationState::Wipe {
        return Err(ApiError::because(ErrorCode::NotAllowed, "not told to wipe"));
    }
    let (clinic, at, now) = (session.clinic, session.workstation, app.now());
    let sealer = app.seals.for_writing(clinic).await?;
    let mut tx = session.identity().begin(&app.pool).await?;
    let unsent: Vec<(CommandId, &Signed)> =
        wiping.unsent.iter().map(|signed| (id_of(signed), signed)).collect();
    let ids: Vec<Uuid> = unsent.iter().map(|(id, _)| id.0).collect();
    let decided: BTreeSet<CommandId> =
        command_log::verdicts(&mut tx, clinic, &ids).await?.into_iter().map(|(id, _)| id).collect();
    let mut kept = 0_u32;
    // One whose answer was lost on the way is decided already.
    for (command, signed) in unsent.into_iter().filter(|(id, _)| !decided.contains(id)) {
        let (payload, signature) = (signed.payload.as_str(), signed.signature.as_str());
        let whole = Kept {
            command,
            workstation: at,
            delivered_by: session.user,
            payload,
            signature,
            reason: "wiped",
        };
        kept += u32::from(command_log::quarantine(&mut tx, &sealer, &whole).await?);
    }
    if kept > 0 {
        let access = Access::by("keep_unsent", session.user, at).on(at.0);
        access::append(&mut tx, clinic, now, access.with(json!({"commands": kept}))).await?;
    }
    if wiping.done {
        workstation::wiped(&mut tx, clinic, at).await?;
        escrow::destroy(&mut tx, clinic, at).await?;
        token::revoke_workstation(&mut tx, clinic, at, now).await?;
        access::append(&mut tx, clinic, now, Access::by("wiped", session.user, at).on(at.0)).await?;
    }
    tx.commit().await?;
    tracing::info!(%clinic, workstation = %at, kept, done = wiping.done, "workstation wiping");
    Ok(())
}

/// A command's id; of one that cannot be read, a number that its text alone gives, so that it is kept once.
fn id_of(signed: &Signed) -> CommandId {
    let read = serde_json::from_str::<Envelope>(&signed.payload).map(|envelope| envelope.id);
    let hash = || {
        let bytes: [u8; 16] =
            secret::sha256(signed.payload.as_bytes()).first_chunk().copied().unwrap_or_default();
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    };
    read.unwrap_or_else(|_| CommandId(hash()))
}
