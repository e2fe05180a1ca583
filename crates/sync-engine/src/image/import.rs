//! The thread that opens chunks and writes their pages into `<file>.incoming`, in order, while later ones still come.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use tokio::sync::oneshot;
use wattle_local_store::Store;
use wattle_local_store::pages::Import;
use wattle_page_image::{Opener, Plan};
use wattle_protocol::image::ImageOffer;

use super::Target;
use super::error::NoCopy;
use super::folder::Folder;
use super::place::{clear_incoming, has_companions, incoming};

type Answer = oneshot::Sender<Result<(), NoCopy>>;

/// The way to the thread. It ends when this is dropped; what it has written is cleared by the next one.
pub(super) struct Importer {
    jobs: SyncSender<Job>,
}

enum Job {
    Chunk(u32, Answer),
    Finish(Box<ImageOffer>, Answer),
}

impl Importer {
    pub(super) fn start(target: Target, plan: &Plan, folder: Arc<Folder>) -> Result<Self, NoCopy> {
        let (jobs, given) = sync_channel(1);
        let mut work =
            Work { target, opener: Opener::new(plan)?, pages: plan.shape().pages, folder, import: None };
        std::thread::Builder::new().name("first-sync".into()).spawn(move || work.run(&given))?;
        Ok(Self { jobs })
    }

    /// Writes the pages of a chunk that is in the folder. [`NoCopy::Bad`]: that chunk is no good, nothing of it was written.
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
        self.jobs.try_send(job).map_err(|_| NoCopy::Broken)?;
        answered.await.map_err(|_| NoCopy::Broken)?
    }
}

struct Work {
    target: Target,
    opener: Opener,
    pages: u32,
    folder: Arc<Folder>,
    import: Option<Import>,
}

impl Work {
    fn run(&mut self, given: &Receiver<Job>) {
        while let Ok(job) = given.recv() {
            // Nobody waits for an answer any more when the copy was dropped.
            let _ = match job {
                Job::Chunk(number, answer) => answer.send(self.chunk(number)),
                Job::Finish(offer, answer) => answer.send(self.finish(&offer)),
            };
        }
    }

    fn chunk(&mut self, number: u32) -> Result<(), NoCopy> {
        let opened = self.opener.open(number, self.folder.read(number)?)?;
        let mut import = match self.import.take() {
            Some(import) => import,
            None => {
                clear_incoming(&self.target.file)?;
                Import::begin(&incoming(&self.target.file), &self.target.key, self.pages)?
            }
        };
        for (page, data) in opened.iter() {
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
