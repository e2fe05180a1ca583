//! From an offer to a complete file beside its place.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use wattle_page_image::{Flaw, Plan};
use wattle_protocol::image::ImageOffer;
use wattle_protocol::ipc::session::Progress;

use super::error::{Meaning, NoCopy, meaning};
use super::fetch::{Fetcher, Miss};
use super::folder::Folder;
use super::import::Importer;
use super::offers::Offers;
use super::place::Ready;
use super::waits::Waits;
use super::window::Window;
use super::{Patience, Target};
use crate::driver::Tokens;
use crate::transport::{Error, Transport};

/// How often a new image may take the place of the one that was being fetched.
const IMAGES: u32 = 3;
/// How often progress is told.
const TELL: Duration = Duration::from_millis(100);

/// Fetches an image's chunks and makes a file of them beside its place. May be dropped at any moment; the next call goes on
/// with the chunks that are there.
///
/// # Errors
/// See [`NoCopy`]: each means that rows are to be streamed instead.
pub async fn arrive(
    transport: &Transport,
    tokens: &Arc<dyn Tokens>,
    target: &Target,
    patience: Patience,
    progress: &watch::Sender<Option<Progress>>,
) -> Result<Ready, NoCopy> {
    let began = Instant::now();
    let offers = Offers {
        transport: transport.clone(),
        tokens: Arc::clone(tokens),
        identity: target.identity.clone(),
    };
    let file = target.file.clone();
    let folder = Arc::new(spawn_blocking(move || Folder::take(&file)).await??);
    let mut run =
        Run { transport, target, patience, offers, folder, progress, began, waits: Waits::new(patience) };
    let resume = run.folder.image();
    let mut offer = run.ask(resume.as_deref()).await?;
    for _ in 0..IMAGES {
        match run.image(offer).await? {
            Outcome::Ready(ready) => return Ok(ready),
            Outcome::Replaced(other) => offer = other,
        }
    }
    Err(NoCopy::NoImage)
}

/// One image on its way, and if need be the next.
struct Run<'a> {
    transport: &'a Transport,
    target: &'a Target,
    patience: Patience,
    offers: Offers,
    folder: Arc<Folder>,
    progress: &'a watch::Sender<Option<Progress>>,
    began: Instant,
    waits: Waits,
}

enum Outcome {
    Ready(Ready),
    /// The server has another image now.
    Replaced(ImageOffer),
}

impl Run<'_> {
    async fn ask(&mut self, resume: Option<&str>) -> Result<ImageOffer, NoCopy> {
        loop {
            match self.offers.ask(resume).await? {
                Ok(offer) => return Ok(offer),
                // Nothing is lost by going on without an image: the engine says that the server is away, and waits for it.
                Err(error @ Error::Unreachable(_)) if resume.is_none() => {
                    return Err(NoCopy::Unreachable(error));
                }
                Err(error) => self.waits.after(error).await?,
            }
        }
    }

    async fn image(&mut self, offer: ImageOffer) -> Result<Outcome, NoCopy> {
        let plan = Plan::of(&offer)?;
        let (folder, id) = (Arc::clone(&self.folder), offer.id.to_string());
        spawn_blocking(move || folder.adopt(&id)).await??;
        let importer = Importer::start(self.target.clone(), &plan, Arc::clone(&self.folder))?;
        let fetcher = Fetcher::new(self.transport.clone(), Arc::clone(&self.folder), plan.clone(), &offer);
        let fetcher = Arc::new(fetcher);
        let total = u32::try_from(plan.chunks().len()).unwrap_or(u32::MAX);
        let mut window = Window::new(Arc::clone(&fetcher), total);
        let mut teller = tokio::time::interval(TELL);
        let (mut number, mut bad) = (0, 0);
        while number < total {
            window.fill(self.patience.side_by_side);
            let fetched = tokio::select! {
                fetched = window.oldest() => fetched?,
                _ = teller.tick() => {
                    self.tell(&offer, &plan, &fetcher, number);
                    continue;
                }
            };
            match self.take(&importer, &fetcher, number, fetched).await? {
                Taken::Whole => {
                    (number, bad) = (number + 1, 0);
                    window.go_on();
                    self.waits.moved(fetcher.last_byte_at());
                }
                Taken::Bad(error) => {
                    bad += 1;
                    tracing::warn!(%error, "a chunk of the image is fetched again");
                    if bad >= self.patience.bad_chunks {
                        return Err(error.into());
                    }
                    window.again(number);
                }
                Taken::Not(error) => {
                    self.waits.moved(fetcher.last_byte_at());
                    if let Some(other) = self.renew(&offer, &fetcher, error).await? {
                        return Ok(Outcome::Replaced(other));
                    }
                    window.again(number);
                }
            }
        }
        self.tell(&offer, &plan, &fetcher, total);
        let (rows, bytes) = (offer.rows, plan.bytes());
        importer.finish(offer).await?;
        Ok(Outcome::Ready(Ready { file: self.target.file.clone(), rows, bytes }))
    }

    /// Hands a chunk that has come to the import.
    async fn take(
        &self,
        importer: &Importer,
        fetcher: &Fetcher,
        number: u32,
        fetched: Result<(), Miss>,
    ) -> Result<Taken, NoCopy> {
        match fetched {
            Err(Miss::Disk(error)) => Err(error),
            Err(Miss::Wire(error)) => Ok(Taken::Not(error)),
            Err(Miss::Bad) => Ok(Taken::Bad(wattle_page_image::Error::Chunk { number, flaw: Flaw::Hash })),
            Ok(()) => match importer.chunk(number).await {
                Ok(()) => Ok(Taken::Whole),
                Err(NoCopy::Bad(error)) => {
                    let folder = Arc::clone(&self.folder);
                    spawn_blocking(move || folder.drop_chunk(number)).await??;
                    fetcher.lost(number);
                    Ok(Taken::Bad(error))
                }
                Err(other) => Err(other),
            },
        }
    }

    /// After a fault of the wire: waits, or asks for new URLs. Another image, if there is one now.
    async fn renew(
        &mut self,
        offer: &ImageOffer,
        fetcher: &Fetcher,
        error: Error,
    ) -> Result<Option<ImageOffer>, NoCopy> {
        let expired = matches!(meaning(&error), Meaning::Expired);
        // Also after an expired URL: a store whose clock is wrong refuses every one.
        self.waits.after(error).await?;
        if !expired {
            return Ok(None);
        }
        let asked = self.ask(Some(&offer.id.to_string())).await?;
        if asked.id != offer.id {
            return Ok(Some(asked));
        }
        let sums = |of: &ImageOffer| of.chunks.iter().map(|c| c.sha256.clone()).collect::<Vec<_>>();
        if asked.key != offer.key || sums(&asked) != sums(offer) {
            return Err(NoCopy::OtherFile("the image is not the one it was"));
        }
        fetcher.renew(&asked);
        Ok(None)
    }

    fn tell(&self, offer: &ImageOffer, plan: &Plan, fetcher: &Fetcher, written: u32) {
        let chunks = plan.chunks().iter().take(usize::try_from(written).unwrap_or(0));
        let pages: u64 = chunks.map(|chunk| u64::from(chunk.pages)).sum();
        let of_pages = u64::from(plan.shape().pages).max(1);
        self.progress.send_replace(Some(Progress {
            rows: offer.rows.saturating_mul(pages) / of_pages,
            of_rows: offer.rows,
            elapsed_ms: u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
            bytes: fetcher.fetched().min(plan.bytes()),
            of_bytes: plan.bytes(),
        }));
    }
}

/// What became of a fetched chunk.
enum Taken {
    /// Its pages are written.
    Whole,
    /// It is no good.
    Bad(wattle_page_image::Error),
    /// It did not come.
    Not(Error),
}
