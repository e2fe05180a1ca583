//! Two threads: one opens chunks, one writes their pages into `<file>.incoming`, in order, while later ones still come. Opening
//! is hashing, decrypting and unpacking; writing is the pager and another encryption.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;
use wattle_local_store::Store;
use wattle_local_store::pages::Import;
use wattle_page_image::{Opener, Pages, Plan};
use wattle_protocol::image::ImageOffer;

use super::Target;
use super::error::NoCopy;
use super::folder::Folder;
use super::place::{clear_incoming, has_companions, incoming};

type Answer = oneshot::Sender<Result<(), NoCopy>>;

/// The way to the threads. They have ended when this is dropped; what was written is cleared by the next one.
pub(super) struct Importer {
    jobs: Option<SyncSender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Drop for Importer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        // Another import of the same file may begin at once, so nobody may still be writing this one: a chunk at most.
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

enum Job {
    Chunk(u32, Answer),
    Finish(Box<ImageOffer>, Answer),
}

/// What the writer is given: pages, or the end.
enum Opened {
    Pages(Pages),
    End(Box<ImageOffer>, Answer),
}

impl Importer {
    pub(super) fn start(target: Target, plan: &Plan, folder: Arc<Folder>) -> Result<Self, NoCopy> {
        let (jobs, given) = sync_channel(1);
        // One opened chunk waits while another is written: some megabytes each.
        let (opened, pages) = sync_channel(1);
        let failed = Arc::new(Mutex::new(None));
        let mut writer =
            Writer { target, pages: plan.shape().pages, import: None, failed: Arc::clone(&failed) };
        let mut reader = Reader { opener: Opener::new(plan)?, folder, opened, failed };
        let named = |name: &str| std::thread::Builder::new().name(name.into());
        let writes = named("first-sync-write").spawn(move || writer.run(&pages))?;
        let opens = named("first-sync-open").spawn(move || reader.run(&given))?;
        Ok(Self { jobs: Some(jobs), threads: vec![opens, writes] })
    }

    /// Takes a chunk that is in the folder; its pages are written while the next one is opened. [`NoCopy::Bad`]: that chunk
    /// is no good, nothing of it was written. Any other error may be of a chunk before.
    pub(super) async fn chunk(&self, number: u32) -> Result<(), NoCopy> {
        let (answer, answered) = oneshot::channel();
        self.ask(Job::Chunk(number, answer), answered).await
    }

    /// Ends the file: complete, checked, with its own identity, closed.
    pub(super) async fn finish(&self, offer: ImageOffer) -> Result<(), NoCopy> {
        let (answer, answered) = oneshot::channel();
        self.ask(Job::Finish(Box::new(offer), answer), answered).await
    }

    async fn ask(&self, job: Job, answered: oneshot::Receiver<Result<(), NoCopy>>) -> Result<(), NoCopy> {
        // Never full: the next job is only given after the answer to the one before.
        let jobs = self.jobs.as_ref().ok_or(NoCopy::Broken)?;
        jobs.try_send(job).map_err(|_| NoCopy::Broken)?;
        answered.await.map_err(|_| NoCopy::Broken)?
    }
}

/// Why the writer has stopped.
type Failed = Arc<Mutex<Option<NoCopy>>>;

/// Opens chunks.
struct Reader {
    opener: Opener,
    folder: Arc<Folder>,
    opened: SyncSender<Opened>,
    failed: Failed,
}

impl Reader {
    fn run(&mut self, given: &Receiver<Job>) {
        while let Ok(job) = given.recv() {
            match job {
                // Nobody waits for an answer any more when the copy was dropped.
                Job::Chunk(number, answer) => drop(answer.send(self.chunk(number))),
                Job::Finish(offer, answer) => {
                    if let Err(unsent) = self.opened.send(Opened::End(offer, answer))
                        && let Opened::End(_, answer) = unsent.0
                    {
                        drop(answer.send(Err(self.why())));
                    }
                }
            }
        }
    }

    fn chunk(&mut self, number: u32) -> Result<(), NoCopy> {
        let pages = self.opener.open(number, self.folder.read(number)?)?;
        self.opened.send(Opened::Pages(pages)).map_err(|_| self.why())
    }

    /// What the writer said as it stopped.
    fn why(&self) -> NoCopy {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or(NoCopy::Broken)
    }
}

/// Writes pages.
struct Writer {
    target: Target,
    pages: u32,
    import: Option<Import>,
    failed: Failed,
}

impl Writer {
    fn run(&mut self, given: &Receiver<Opened>) {
        while let Ok(opened) = given.recv() {
            match opened {
                Opened::Pages(pages) => {
                    if let Err(error) = self.write(&pages) {
                        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                        return;
                    }
                }
                Opened::End(offer, answer) => drop(answer.send(self.finish(&offer))),
            }
        }
    }

    fn write(&mut self, pages: &Pages) -> Result<(), NoCopy> {
        let mut import = match self.import.take() {
            Some(import) => import,
            None => {
                clear_incoming(&self.target.file)?;
                Import::begin(&incoming(&self.target.file), &self.target.key, self.pages)?
            }
        };
        for (page, data) in pages.iter() {
            import.page(page, data)?;
        }
        self.import = Some(import);
        Ok(())
    }

    fn finish(&mut self, offer: &ImageOffer) -> Result<(), NoCopy> {
        self.import.take().ok_or(NoCopy::Broken)?.finish()?;
        self.own(offer)
    }

    /// Opens the new file as this workstation's, looks whether it is what was offered, and closes it.
    fn own(&self, offer: &ImageOffer) -> Result<(), NoCopy> {
        let Target { file, key, identity, clock } = &self.target;
        let path = incoming(file);
        let store = Store::open_imported(&path, key, identity.clone(), Arc::clone(clock))?;
        let facts = store.sync_facts()?;
        drop(store);
        if facts.epoch != offer.epoch {
            return Err(NoCopy::OtherFile("it is of another epoch"));
        }
        if facts.cursors != offer.cursors {
            return Err(NoCopy::OtherFile("its cursors are others"));
        }
        if facts.outbox_len > 0 || facts.last_n > 0 {
            return Err(NoCopy::OtherFile("it has somebody's commands in it"));
        }
        if has_companions(&path) {
            return Err(NoCopy::OtherFile("it did not close"));
        }
        Ok(())
    }
}
