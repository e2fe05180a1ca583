//! Whether all bytes of a document have come, and are what its row says. Nobody's word is taken for it: they are read.

use std::sync::Arc;

use wattle_protocol::document::{DocumentAnswer, DocumentAsk};

use super::store::{self, Bytes};
use super::{Found, fresh, up};
use crate::auth::Session;
use crate::db::document;
use crate::error::ApiError;
use crate::image::Images;
use crate::state::AppState;

pub(super) async fn confirm(
    app: &AppState,
    images: &Arc<Images>,
    session: &Session,
    asked: DocumentAsk,
    found: &Found,
) -> Result<DocumentAnswer, ApiError> {
    let Found { known, held, key, .. } = found;
    match store::read(&images.blobs, key, known, held).await? {
        Bytes::Incomplete => up(app, images, found).await,
        Bytes::Right => {
            let mut tx = session.identity().begin(&app.pool).await?;
            document::stored(&mut tx, session.clinic, asked.table, held, app.now()).await?;
            tx.commit().await?;
            // The other workstations may fetch it now.
            app.hub.touch(session.clinic);
            Ok(DocumentAnswer::Stored)
        }
        Bytes::Wrong => {
            tracing::warn!(clinic = %session.clinic, document = %asked.document_id, "a document's bytes are not what its row says");
            // Another name and another key: a late part of the first try must not get between the parts of the next.
            // What is left behind under the old name is an orphan, and is removed as one.
            let (folder, key) = fresh(app, session, asked).await?;
            let mut tx = session.identity().begin(&app.pool).await?;
            document::hold_anew(&mut tx, session.clinic, held, (&folder, &key), app.now()).await?;
            tx.commit().await?;
            Ok(DocumentAnswer::Differs)
        }
    }
}
