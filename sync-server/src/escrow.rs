//! The keys of workstations' files, wrapped: given to people of the file's profile who are signed in at that very
//! workstation, and to nobody else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use uuid::Uuid;
use wattle_domain::role;
use wattle_protocol::ErrorCode;
use wattle_protocol::escrow::{Escrow, Escrowed};

use crate::auth::Session;
use crate::db::access::{self, Access};
use crate::db::{account, escrow};
use crate::error::ApiError;
use crate::kms::{self, KeyRing};
use crate::secret;
use crate::state::AppState;

/// Keeps a key, or gives out those that are kept.
pub(crate) async fn ask(app: &AppState, session: &Session, asked: Escrow) -> Result<Escrowed, ApiError> {
    session.may_sync()?;
    let kms = app.kms.as_ref().ok_or_else(|| ApiError::because(ErrorCode::NotFound, "no server key"))?;
    let (clinic, at, now) = (session.clinic, session.workstation, app.now());
    let mut tx = session.identity().begin(&app.pool).await?;
    let roles = account::roles(&mut tx, clinic, session.user).await?;
    if role::profile(&roles) != asked.profile {
        return Err(ApiError::because(ErrorCode::NotAllowed, "another profile"));
    }
    let kept = escrow::of_file(&mut tx, clinic, at, &asked.profile).await?;
    let mut keys = Vec::with_capacity(kept.len());
    for (id, kms_key, wrapped) in &kept {
        let plain = kms.unwrap(kms_key, &context(session, *id), wrapped).await?;
        keys.push(STANDARD.encode(plain.as_slice()));
    }
    let Some(keep) = asked.keep else {
        if !keys.is_empty() {
            let access = Access::by("give_data_key", session.user, at).on(at.0);
            access::append(&mut tx, clinic, now, access.with(json!({"profile": asked.profile}))).await?;
        }
        tx.commit().await?;
        return Ok(Escrowed { keys });
    };
    let plain = secret::decode::<32>(&keep).ok_or_else(|| ApiError::because(ErrorCode::Malformed, "key"))?;
    if !keys.contains(&keep) {
        keep_one(&mut tx, kms, session, &asked.profile, &plain).await?;
        let access = Access::by("keep_data_key", session.user, at).on(at.0);
        access::append(&mut tx, clinic, now, access.with(json!({"profile": asked.profile}))).await?;
    }
    tx.commit().await?;
    Ok(Escrowed::default())
}

async fn keep_one(
    connection: &mut sqlx::postgres::PgConnection,
    kms: &KeyRing,
    session: &Session,
    profile: &str,
    plain: &[u8],
) -> Result<(), ApiError> {
    let id = Uuid::now_v7();
    let wrapped = kms.wrap(&context(session, id), plain).await?;
    let new = escrow::New {
        id,
        workstation: session.workstation,
        profile,
        kms_key: &kms.key_name(),
        wrapped: &wrapped,
        by: session.user,
    };
    Ok(escrow::keep(connection, session.clinic, &new).await?)
}

fn context(session: &Session, id: Uuid) -> Vec<u8> {
    kms::of_file(session.clinic, session.workstation, id)
}
