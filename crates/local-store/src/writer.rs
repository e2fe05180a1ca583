//! The one thread that writes. Work comes through a bounded queue; when that is full the caller is told.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use crate::error::Error;

/// Jobs that may wait. People make a few a second; a queue this long means that something is stuck.
const QUEUE: usize = 256;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

pub(crate) struct Writer {
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(mut connection: Connection) -> std::io::Result<Self> {
        let (jobs, queue): (_, Receiver<Job>) = sync_channel(QUEUE);
        let work = move || {
            for job in queue {
                // A job that breaks has rolled back by unwinding; its caller hears `Closed`, the next job runs.
                if catch_unwind(AssertUnwindSafe(|| job(&mut connection))).is_err() {
                    tracing::error!("a writing job broke off; its transaction was undone");
                }
            }
            // The connection closes here and moves the log into the file.
        };
        let thread = std::thread::Builder::new().name("local-store-writer".into()).spawn(work)?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Hands in a job; its answer comes through the receiver.
    pub(crate) fn start_job<T, E>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<Receiver<Result<T, E>>, Error>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let (answer, answers) = sync_channel(1);
        let job: Job = Box::new(move |connection| {
            // Nobody listens any more when the caller gave up; the work is done all the same.
            let _ = answer.send(job(connection));
        });
        let jobs = self.jobs.as_ref().ok_or(Error::Closed)?;
        jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => Error::Overloaded,
            TrySendError::Disconnected(_) => Error::Closed,
        })?;
        Ok(answers)
    }

    /// Does a job and waits for it.
    pub(crate) fn run<T, E>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.start_job(job)?.recv().map_err(|_| Error::Closed)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Ends the loop after the jobs that wait; then the file is closed.
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer() -> Writer {
        Writer::start(Connection::open_in_memory().unwrap()).unwrap()
    }

    #[test]
    fn a_full_queue_is_said_and_what_waits_is_done() {
        let writer = writer();
        let (go, wait) = sync_channel::<()>(1);
        let (started, begun) = sync_channel::<()>(1);
        let stuck = writer.start_job(move |_| {
            started.send(()).unwrap();
            wait.recv().unwrap();
            Ok::<_, Error>(0)
        });
        begun.recv().unwrap();
        let waiting: Vec<_> =
            (0..QUEUE).map(|n| writer.start_job(move |_| Ok::<_, Error>(n)).unwrap()).collect();
        assert!(matches!(writer.run(|_| Ok::<_, Error>(0)), Err(Error::Overloaded)));
        go.send(()).unwrap();
        assert_eq!(stuck.unwrap().recv().unwrap().unwrap(), 0);
        for (n, answer) in waiting.into_iter().enumerate() {
            assert_eq!(answer.recv().unwrap().unwrap(), n, "in the order they came");
        }
    }

    #[test]
    fn a_job_that_breaks_does_not_take_the_writer_with_it() {
        let writer = writer();
        let broken = writer.run(|_| -> Result<(), Error> { panic!("on purpose") });
        assert!(matches!(broken, Err(Error::Closed)));
        assert_eq!(writer.run(|_| Ok::<_, Error>(7)).unwrap(), 7);
    }
}
