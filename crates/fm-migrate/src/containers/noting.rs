//! What became of containers, on its way into PostgreSQL: noted many at once, so that no file waits for the disk a second time.
//!
//! A copy that is killed loses what waits here: those files are found where they were put, compared, and noted then.

use std::collections::HashSet;

use sqlx::postgres::PgConnection;
use tokio::sync::{mpsc, oneshot};
use wattle_domain::ClinicId;

use crate::error::Error;
use crate::load::containers::{self as facts, Containers, Note, Owner, State};

/// Notes of one statement at most.
const MOST: usize = 64;
/// Notes that wait: a lane goes on while PostgreSQL takes in others.
const WAITING: usize = 128;

enum Told {
    Note(Box<Note>),
    /// Somebody waits until all before it is noted.
    Flush(oneshot::Sender<()>),
}

/// Where lanes say what became of containers.
#[derive(Clone)]
pub(super) struct Notes(mpsc::Sender<Told>);

impl Notes {
    /// Notes it soon.
    pub(super) async fn note(&self, note: Note) -> Result<(), Error> {
        self.0.send(Told::Note(Box::new(note))).await.map_err(|_| ended())
    }

    /// Waits until everything that was said before is noted.
    pub(super) async fn flushed(&self) -> Result<(), Error> {
        let (done, heard) = oneshot::channel();
        self.0.send(Told::Flush(done)).await.map_err(|_| ended())?;
        heard.await.map_err(|_| ended())
    }
}

/// Whoever notes says itself why it ended.
fn ended() -> Error {
    Error::Refused("what became of files is not noted any more. Run containers again.".into())
}

/// Notes what it hears, to the end of all who speak.
pub(super) struct Noter {
    connection: PgConnection,
    clinic: ClinicId,
    file: String,
    told: mpsc::Receiver<Told>,
}

impl Noter {
    pub(super) fn new(connection: PgConnection, owner: Owner<'_>) -> (Self, Notes) {
        let (notes, told) = mpsc::channel(WAITING);
        (Self { connection, clinic: owner.clinic, file: owner.file.to_owned(), told }, Notes(notes))
    }

    pub(super) async fn run(mut self) -> Result<(), Error> {
        let (mut heard, mut notes, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
        while self.told.recv_many(&mut heard, MOST).await > 0 {
            for told in heard.drain(..) {
                match told {
                    Told::Note(note) => notes.push(*note),
                    Told::Flush(done) => waiting.push(done),
                }
            }
            let owner = Owner { clinic: self.clinic, file: &self.file };
            facts::note(&mut self.connection, owner, &notes).await?;
            notes.clear();
            for done in waiting.drain(..) {
                // Whoever waited may have stopped.
                let _ = done.send(());
            }
        }
        Ok(())
    }
}

/// The contents that a patient's documents may have already: asked of PostgreSQL only where one is among them.
#[derive(Clone, Debug, Default)]
pub(super) struct Contents(HashSet<(String, String)>);

impl Contents {
    /// Those that are known from before.
    pub(super) fn known(all: &Containers) -> Self {
        let stored = all.each().filter(|c| matches!(c.state, State::Stored { .. }));
        Self(stored.map(|c| (c.patient.clone(), c.sha256.clone())).collect())
    }

    pub(super) fn add(&mut self, patient: &str, sha256: &str) {
        self.0.insert((patient.to_owned(), sha256.to_owned()));
    }

    pub(super) fn may_have(&self, patient: &str, sha256: &str) -> bool {
        self.0.contains(&(patient.to_owned(), sha256.to_owned()))
    }
}
