//! One chunk from where it is into the folder, from the byte where an earlier try ended.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;
use wattle_page_image::Plan;
use wattle_protocol::image::ImageOffer;

use super::error::NoCopy;
use super::folder::{Folder, Part, len};
use crate::transport::{self, Transport, Why};

/// What all fetches of one image share.
pub(super) struct Fetcher {
    transport: Transport,
    folder: Arc<Folder>,
    plan: Plan,
    urls: Mutex<Vec<String>>,
    fetched: AtomicU64,
    /// Milliseconds after `began` when the last byte came.
    last_ms: AtomicU64,
    began: Instant,
}

/// Why a chunk is not here yet.
pub(super) enum Miss {
    /// The wire, or the URL.
    Wire(transport::Error),
    /// It came, and was not it.
    Bad,
    /// The disk.
    Disk(NoCopy),
}

impl From<std::io::Error> for Miss {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(error.into())
    }
}

impl Fetcher {
    pub(super) fn new(transport: Transport, folder: Arc<Folder>, plan: Plan, offer: &ImageOffer) -> Self {
        let urls = Mutex::new(urls(offer));
        let (fetched, last_ms) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { transport, folder, plan, urls, fetched, last_ms, began: Instant::now() }
    }

    /// Takes the URLs of a newer offer of the same image.
    pub(super) fn renew(&self, offer: &ImageOffer) {
        *self.urls.lock().unwrap_or_else(PoisonError::into_inner) = urls(offer);
    }

    /// Bytes that are here, of whole chunks and others.
    pub(super) fn fetched(&self) -> u64 {
        self.fetched.load(Ordering::Relaxed)
    }

    /// When the last byte came.
    pub(super) fn last_byte_at(&self) -> Instant {
        self.began + Duration::from_millis(self.last_ms.load(Ordering::Relaxed))
    }

    /// A chunk that was here is not any more.
    pub(super) fn lost(&self, number: u32) {
        if let Some(chunk) = usize::try_from(number).ok().and_then(|at| self.plan.chunks().get(at)) {
            self.uncount(chunk.bytes);
        }
    }

    /// Brings one chunk into the folder.
    pub(super) async fn fetch(self: Arc<Self>, number: u32) -> Result<(), Miss> {
        let at = usize::try_from(number).unwrap_or(usize::MAX);
        let Some(chunk) = self.plan.chunks().get(at).cloned() else { return Err(Miss::Bad) };
        let (folder, bytes) = (Arc::clone(&self.folder), chunk.bytes);
        let begun =
            blocking(
                move || if folder.has(number) { Ok(None) } else { folder.begin(number, bytes).map(Some) },
            );
        let Some(mut part) = begun.await? else {
            self.fetched.fetch_add(bytes, Ordering::Relaxed);
            return Ok(());
        };
        let mut counted = Counted { fetcher: &self, bytes: 0 };
        counted.held(part.length);
        self.rest(at, bytes, &mut part, &mut counted).await?;
        if !blocking(move || part.finish(&chunk.sha256)).await? {
            return Err(Miss::Bad);
        }
        counted.keep();
        Ok(())
    }

    /// Appends what is missing.
    async fn rest(
        &self,
        at: usize,
        bytes: u64,
        part: &mut Part,
        counted: &mut Counted<'_>,
    ) -> Result<(), Miss> {
        if part.length == bytes {
            return Ok(());
        }
        let url =
            self.urls.lock().unwrap_or_else(PoisonError::into_inner).get(at).cloned().unwrap_or_default();
        let mut body = self.transport.chunk_from(&url, part.length).await.map_err(Miss::Wire)?;
        if body.from != part.length {
            part.clear()?;
            counted.nothing();
        }
        // A piece into the system's cache is shorter than handing it to another thread and back; and what is there is not
        // fetched again.
        while let Some(piece) = body.next().await.map_err(Miss::Wire)? {
            if part.length + len(&piece) > bytes {
                part.clear()?;
                return Err(Miss::Bad);
            }
            part.write(&piece)?;
            counted.came(len(&piece));
        }
        if part.length == bytes { Ok(()) } else { Err(Miss::Wire(transport::Error::Unreachable(Why::Cut))) }
    }

    fn uncount(&self, bytes: u64) {
        let _ = self.fetched.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |fetched| {
            Some(fetched.saturating_sub(bytes))
        });
    }
}

/// What one try has counted; taken back when it ends without its chunk (the next try counts what is kept).
struct Counted<'f> {
    fetcher: &'f Fetcher,
    bytes: u64,
}

impl Counted<'_> {
    fn held(&mut self, bytes: u64) {
        self.bytes += bytes;
        self.fetcher.fetched.fetch_add(bytes, Ordering::Relaxed);
    }

    fn came(&mut self, bytes: u64) {
        self.held(bytes);
        let now_ms = u64::try_from(self.fetcher.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.fetcher.last_ms.fetch_max(now_ms, Ordering::Relaxed);
    }

    fn nothing(&mut self) {
        self.fetcher.uncount(std::mem::take(&mut self.bytes));
    }

    fn keep(mut self) {
        self.bytes = 0;
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.nothing();
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, Miss> {
    let done = spawn_blocking(work).await.map_err(|error| Miss::Disk(error.into()))?;
    Ok(done?)
}

fn urls(offer: &ImageOffer) -> Vec<String> {
    offer.chunks.iter().map(|chunk| chunk.url.clone()).collect()
}
