//! Documents' bytes: where they go, where they are, whether they are what their rows say.
//!
//! Owns: the names and keys of documents in the store, the confirmation, the audit of the store.
//! Must never: give a key or a URL to somebody who may not see the row, take the workstation's word for size, hash or type,
//! call bytes stored that it has not read, remove what belongs to a document.
//! Called by: `handlers/document`, the command line.

mod audit;
mod confirm;
mod store;

use std::sync::Arc;

use wattle_document::{DocumentKey, PART_BYTES, Parts, SEAL_BYTES, part_name};
use wattle_domain::TableName;
use wattle_protocol::ErrorCode;
use wattle_protocol::document::{DocumentAnswer, DocumentAsk, PartUp, Step};

use crate::auth::Session;
use crate::db::column_key;
use crate::db::document::{self, Held, Known};
use crate::error::ApiError;
use crate::image::{Images, Method};
use crate::seal::DOCUMENT_KEY;
use crate::state::AppState;

pub use audit::{Audited, KEEP_ORPHANS, audit};
pub use store::Place;

/// The largest body that a part's URL takes, bytes.
pub(crate) const LARGEST_PART_BYTES: usize = (PART_BYTES + SEAL_BYTES) as usize;

/// Answers a workstation.
pub(crate) async fn answer(
    app: &AppState,
    session: &Session,
    asked: DocumentAsk,
) -> Result<DocumentAnswer, ApiError> {
    let images = app.images.as_ref();
    let images = images.ok_or_else(|| ApiError::because(ErrorCode::NotFound, "no place for documents"))?;
    if !matches!(asked.table, TableName::Document | TableName::DeskDocument) {
        return Err(ApiError::because(ErrorCode::Malformed, "no table of documents"));
    }
    let found = look(app, session, asked).await?;
    let known = &found.known;
    match asked.step {
        Step::Up if known.is_stored() => Ok(DocumentAnswer::Stored),
        Step::Up => up(app, images, &found).await,
        Step::Confirm if known.is_stored() => Ok(DocumentAnswer::Stored),
        Step::Confirm => confirm::confirm(app, images, session, asked, &found).await,
        Step::Down if known.stored_at.is_none() => Ok(DocumentAnswer::NotYet),
        Step::Down if known.lost_at.is_some() => Ok(DocumentAnswer::Lost),
        Step::Down => down(app, images, &found).await,
    }
}

/// A document as this person may see it.
struct Found {
    known: Known,
    held: Held,
    key: DocumentKey,
    /// Its place was made for this question: nothing can be there.
    is_new: bool,
}

/// The row, and where its bytes are; a place and a key are made at the first question.
async fn look(app: &AppState, session: &Session, asked: DocumentAsk) -> Result<Found, ApiError> {
    // Before the transaction: a key that is to be had takes a connection of its own.
    let (folder, key) = fresh(app, session, asked).await?;
    let mut tx = session.identity().begin(&app.pool).await?;
    let known = document::known(&mut tx, session.clinic, asked.table, asked.document_id).await?;
    let known = known.ok_or_else(|| ApiError::because(ErrorCode::NotFound, "no such document"))?;
    let held = match document::held(&mut tx, session.clinic, asked.document_id).await? {
        Some(held) => held,
        None => {
            document::hold(&mut tx, session.clinic, session.user, asked, &known, (&folder, &key), app.now())
                .await?
        }
    };
    let generation = column_key::newest(&mut tx, session.clinic).await?;
    tx.commit().await?;
    let key = held.open(&app.seals.at(session.clinic, generation).await?)?;
    let is_new = held.folder == folder;
    Ok(Found { known, held, key, is_new })
}

/// A name that nobody guesses, and a key that nothing was sealed under yet, as it is to rest.
async fn fresh(app: &AppState, session: &Session, asked: DocumentAsk) -> Result<(String, String), ApiError> {
    let folder = wattle_document::new_folder(session.clinic.0)
        .map_err(|_| ApiError::because(ErrorCode::Internal, "no randomness"))?;
    let key = DocumentKey::generate().map_err(|_| ApiError::because(ErrorCode::Internal, "no randomness"))?;
    let sealer = app.seals.for_writing(session.clinic).await?;
    let key = sealer
        .seal_text(DOCUMENT_KEY, asked.document_id.0, &key.to_base64())
        .map_err(sqlx::Error::from)?
        .into_owned();
    Ok((folder, key))
}

async fn up(app: &AppState, images: &Arc<Images>, found: &Found) -> Result<DocumentAnswer, ApiError> {
    let Found { known, held, key, is_new } = found;
    let there = match is_new {
        true => std::collections::BTreeMap::new(),
        false => images.blobs.sizes(&held.folder).await.map_err(store::down)?,
    };
    let mut parts = Vec::new();
    for number in 0..Parts::count(known.size()) {
        let name = part_name(number);
        let bytes = Parts::sealed_bytes(known.size(), number)
            .ok_or_else(|| ApiError::because(ErrorCode::Internal, "a part past its document"))?;
        let url = images.url(Method::Put { bytes }, &format!("{}/{name}", held.folder), app.now()).await?;
        parts.push(PartUp { url, there: there.get(&name) == Some(&bytes) });
    }
    Ok(DocumentAnswer::Up { key: key.to_base64(), parts })
}

async fn down(app: &AppState, images: &Arc<Images>, found: &Found) -> Result<DocumentAnswer, ApiError> {
    let Found { known, held, key, .. } = found;
    let mut parts = Vec::new();
    for number in 0..Parts::count(known.size()) {
        parts.push(
            images.url(Method::Get, &format!("{}/{}", held.folder, part_name(number)), app.now()).await?,
        );
    }
    Ok(DocumentAnswer::Down { key: key.to_base64(), parts })
}
