//! One document's bytes, to the server or from it.

use std::sync::Arc;

use wattle_document::{DocumentKey, Hasher, Parts};
use wattle_domain::DocumentId;
use wattle_local_store::DocumentRow;
use wattle_protocol::ErrorCode;
use wattle_protocol::document::{DocumentAnswer, DocumentAsk, PartUp, Step};
use wattle_sync_engine::Transport;
use wattle_sync_engine::driver::Tokens as _;

use super::Porter;
use crate::desk::Desk;
use crate::error::Error;
use crate::shelf::Lies;

/// How often the server is asked anew for one document in one go: for URLs whose time was over, for parts that got lost.
const ROUNDS: u32 = 8;
/// How often bytes that the server finds to be others are sent again in one go.
const DIFFERS: u32 = 2;

/// What became of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// The server has confirmed it.
    Confirmed,
    /// Not now: the server does not know the row yet, or something in between failed. Tried again later.
    Later,
    /// Its file here does not open. Nobody can send it.
    Broken,
    /// The server finds it to be something else than its row says, again and again.
    Refused,
}

/// The way to the server for the bytes of one desk.
pub(super) struct Way {
    transport: Transport,
    pub(super) desk: Arc<Desk>,
}

impl Way {
    pub(super) fn new(server_url: &str, desk: Arc<Desk>) -> Result<Self, Error> {
        Ok(Self { transport: Transport::new(server_url)?, desk })
    }

    /// Sends a document, from where an earlier try was cut off.
    ///
    /// # Errors
    /// When the server itself cannot be reached: nothing else can be sent either. A store that fails for one document is
    /// [`Sent::Later`], so that the next has its turn.
    pub(super) async fn send(&self, row: &DocumentRow) -> Result<Sent, Error> {
        let id = row.document.id;
        let mut differs = 0;
        let mut step = Step::Up;
        for _ in 0..ROUNDS {
            match self.ask(row, step).await? {
                Some(DocumentAnswer::Stored) => {
                    self.desk.shelf.confirmed(id)?;
                    return Ok(Sent::Confirmed);
                }
                Some(DocumentAnswer::Up { key, parts }) => match self.put_parts(row, &key, &parts).await? {
                    Put::All => step = Step::Confirm,
                    Put::Over => step = Step::Up,
                    Put::Failed => return Ok(Sent::Later),
                    Put::Broken => return Ok(Sent::Broken),
                },
                Some(DocumentAnswer::Differs) if differs < DIFFERS => {
                    differs += 1;
                    step = Step::Up;
                }
                Some(DocumentAnswer::Differs) => return Ok(Sent::Refused),
                Some(DocumentAnswer::Down { .. } | DocumentAnswer::NotYet | DocumentAnswer::Lost) | None => {
                    return Ok(Sent::Later);
                }
            }
        }
        Ok(Sent::Later)
    }

    async fn put_parts(&self, row: &DocumentRow, key: &str, ups: &[PartUp]) -> Result<Put, Error> {
        let (id, size) = (row.document.id, size(row));
        let Ok(key) = DocumentKey::from_base64(key) else { return Ok(Put::Failed) };
        let Ok(parts) = Parts::new(id.0, size, &key) else { return Ok(Put::Broken) };
        let parts = Arc::new(parts);
        for (number, up) in (0_u32..).zip(ups) {
            if up.there {
                continue;
            }
            let (shelf, parts) = (self.desk.shelf.clone(), Arc::clone(&parts));
            let sealed = tokio::task::spawn_blocking(move || {
                let Some(plain) = shelf.part(id, size, number)? else { return Ok(None) };
                Ok::<_, Error>(parts.seal(number, &plain).ok())
            });
            let Some(sealed) = sealed.await?? else { return Ok(Put::Broken) };
            match self.transport.put_part(&up.url, sealed).await.map_err(Error::from) {
                Ok(()) => {}
                Err(Error::Refused { code: ErrorCode::SignInAgain, .. }) => return Ok(Put::Over),
                Err(error) => {
                    tracing::info!(
                        error = &error as &dyn std::error::Error,
                        "a part was not taken; again later"
                    );
                    return Ok(Put::Failed);
                }
            }
        }
        Ok(Put::All)
    }

    /// Fetches a document and keeps a copy; its bytes.
    ///
    /// # Errors
    /// [`Error::NotHere`] when the server has not got it, when it cannot be reached, or when what comes is something else.
    pub(super) async fn fetch(&self, row: &DocumentRow) -> Result<Vec<u8>, Error> {
        for _ in 0..ROUNDS {
            let answer = self.ask(row, Step::Down).await.map_err(|error| {
                tracing::info!(error = &error as &dyn std::error::Error, "a document could not be fetched");
                Error::NotHere
            })?;
            let Some(DocumentAnswer::Down { key, parts }) = answer else { return Err(Error::NotHere) };
            match self.get_parts(row, &key, &parts).await {
                Ok(bytes) => {
                    let (shelf, id) = (self.desk.shelf.clone(), row.document.id);
                    return tokio::task::spawn_blocking(move || {
                        // A full disk is no reason to show nothing.
                        if let Err(error) = shelf.put(Lies::Kept, id, &bytes) {
                            tracing::warn!(error = &error as &dyn std::error::Error, "a copy was not kept");
                        }
                        Ok(bytes)
                    })
                    .await?;
                }
                // The URLs' time was over.
                Err(Error::Refused { code: ErrorCode::SignInAgain, .. }) => {}
                Err(_) => return Err(Error::NotHere),
            }
        }
        Err(Error::NotHere)
    }

    async fn get_parts(&self, row: &DocumentRow, key: &str, urls: &[String]) -> Result<Vec<u8>, Error> {
        let key = DocumentKey::from_base64(key).map_err(|_| Error::NotHere)?;
        let size = size(row);
        let parts = Parts::new(row.document.id.0, size, &key).map_err(|_| Error::NotHere)?;
        let (mut bytes, mut hasher) = (Vec::new(), Hasher::default());
        for (number, url) in (0_u32..).zip(urls) {
            let most = Parts::sealed_bytes(size, number).ok_or(Error::NotHere)?;
            let sealed = self.transport.part(url, most).await?;
            let plain = parts.open(number, sealed).map_err(|_| Error::NotHere)?;
            hasher.update(&plain);
            bytes.extend_from_slice(&plain);
        }
        if hasher.finish() == row.document.sha256 { Ok(bytes) } else { Err(Error::NotHere) }
    }

    async fn ask(&self, row: &DocumentRow, step: Step) -> Result<Option<DocumentAnswer>, Error> {
        let ask = DocumentAsk { document_id: row.document.id, table: row.table, step };
        let token = self.desk.keeper.access().ok_or(Error::Offline)?;
        match self.transport.document(&token, &ask).await.map_err(Error::from) {
            // The sync renews tokens, and nobody else: the next try has a new one.
            Err(Error::Refused { code: ErrorCode::SignInAgain, .. }) => {
                self.desk.sync_now();
                Err(Error::Offline)
            }
            other => other,
        }
    }

    /// Notes what cannot be helped, so that the list says so.
    pub(super) fn note(&self, id: DocumentId, sent: Sent) {
        match sent {
            Sent::Broken => Porter::note(&self.desk.porter.broken, id),
            Sent::Refused => Porter::note(&self.desk.porter.refused, id),
            Sent::Confirmed | Sent::Later => {}
        }
    }
}

enum Put {
    /// All parts are there.
    All,
    /// The URLs' time was over.
    Over,
    /// The store did not take one.
    Failed,
    /// A part here does not open.
    Broken,
}

/// Bytes of the original.
pub(super) fn size(row: &DocumentRow) -> u64 {
    u64::try_from(row.document.size_bytes).unwrap_or(0)
}
