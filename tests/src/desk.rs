//! A workstation without its window: an encrypted file, an engine, a person who has signed in.
//!
//! Owns: how store, transport, tokens and driver are put together outside the desktop app. Must never: wait for a time.
//! Called by: the sync tests, the chaos test's processes, the benchmarks.

mod keeper;
mod seat;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use wattle_domain::Command;
use wattle_domain::time::Clock;
use wattle_local_store::{Author, DataKey, Store, SubmitError, Submitted, SystemClock};
use wattle_protocol::ipc::session::Connection;
use wattle_sync_engine::image::{self, Patience, Target};
use wattle_sync_engine::transport::Limits;
use wattle_sync_engine::{Config, Driver, Tokens, Transport};

use crate::house::{House, Person};
use crate::processes::wait_for;

pub use keeper::Keeper;
pub use seat::Seat;

/// A desk at work; dropping it stops its engine in the background.
pub struct Desk {
    /// Its file.
    pub store: Store,
    /// Who sits there.
    pub author: Author,
    /// Its engine.
    pub driver: Driver,
    /// Its tokens.
    pub keeper: Arc<Keeper>,
    path: PathBuf,
    url: String,
    limits: Limits,
}

impl Desk {
    /// Enrols a new computer at the server itself, makes its file and starts its engine on `url`, behind which is the
    /// server or a wire to it. Does not wait for the first sync.
    ///
    /// # Errors
    /// The server or the store says no.
    pub async fn enrol(
        house: &House,
        url: &str,
        path: &Path,
        name: &str,
        who: &Person,
    ) -> anyhow::Result<Self> {
        let code = house.enrolment_code()?;
        let seat = Seat::enrol(&house.server_url(), &code, name, who.username, who.password).await?;
        Self::open(Arc::new(Keeper::new(seat, None)), path, url, Limits::default())
    }

    /// As [`Desk::enrol`], with a file made of an image's pages.
    ///
    /// # Errors
    /// There is no image that fits, or it does not come; or as [`Desk::enrol`].
    pub async fn arrive(
        house: &House,
        url: &str,
        path: &Path,
        name: &str,
        who: &Person,
    ) -> anyhow::Result<Self> {
        let code = house.enrolment_code()?;
        let seat = Seat::enrol(&house.server_url(), &code, name, who.username, who.password).await?;
        let target = Target {
            file: path.to_owned(),
            key: seat.data_key(),
            identity: seat.identity(),
            clock: Arc::new(SystemClock),
        };
        let keeper = Arc::new(Keeper::new(seat, None));
        let tokens: Arc<dyn Tokens> = Arc::<Keeper>::clone(&keeper);
        let (progress, _) = watch::channel(None);
        let transport = Transport::new(url)?;
        let ready = image::arrive(&transport, &tokens, &target, Patience::default(), &progress).await?;
        tokio::task::spawn_blocking(move || ready.put_in_place()).await??;
        Self::open(keeper, path, url, Limits::default())
    }

    /// Opens (or makes) the file of a seat and starts its engine.
    ///
    /// # Errors
    /// The file does not open, or the address cannot be used.
    pub fn open(keeper: Arc<Keeper>, path: &Path, url: &str, limits: Limits) -> anyhow::Result<Self> {
        let seat = keeper.seat();
        let store = Store::open(path, &seat.data_key(), seat.identity(), Arc::new(SystemClock))?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let seed = clock.now().0.unsigned_abs() ^ store.identity().workstation.0.as_u64_pair().1;
        let tokens: Arc<dyn Tokens> = Arc::<Keeper>::clone(&keeper);
        let driver = Driver::start(
            store.clone(),
            Transport::with_limits(url, limits)?,
            tokens,
            clock,
            Config::new(env!("CARGO_PKG_VERSION"), seed),
            &Handle::current(),
        );
        let author = seat.author()?;
        Ok(Self { store, author, driver, keeper, path: path.to_owned(), url: url.to_owned(), limits })
    }

    /// The app ends and starts again on the same file.
    ///
    /// # Errors
    /// As [`Desk::open`].
    pub async fn restart(self) -> anyhow::Result<Self> {
        self.driver.stop().await;
        let Self { store, driver, keeper, path, url, limits, .. } = self;
        drop((store, driver));
        Self::open(keeper, &path, &url, limits)
    }

    /// Ends the engine and closes the file; gives the key back, for whoever looks into it.
    pub async fn close(self) -> DataKey {
        self.driver.stop().await;
        self.keeper.seat().data_key()
    }

    /// The person signs in at the server once more.
    ///
    /// # Errors
    /// The server cannot be reached, or says no.
    pub async fn sign_in_again(&self) -> anyhow::Result<()> {
        let signed_in = self.keeper.seat().sign_in(&self.url).await?;
        self.keeper.accept(&signed_in);
        self.driver.signed_in();
        Ok(())
    }

    /// Saves a command and tells the engine. Blocks for the disk.
    ///
    /// # Errors
    /// A rule says no, or it cannot be saved.
    pub fn submit(&self, command: impl Into<Command>) -> Result<Submitted, SubmitError> {
        let done = self.store.submit(&self.author, command.into());
        self.driver.nudge();
        done
    }

    /// Saves commands that stand or fall together, and tells the engine. Blocks for the disk.
    ///
    /// # Errors
    /// As [`Desk::submit`]: one no, and none is saved.
    pub fn submit_group(&self, commands: Vec<Command>) -> Result<Vec<Submitted>, SubmitError> {
        let done = self.store.submit_group(&self.author, commands);
        self.driver.nudge();
        done
    }

    /// How it stands with the server.
    #[must_use]
    pub fn connection(&self) -> Connection {
        self.driver.sync_state().borrow().connection
    }

    /// Whether it is connected, has a clinic, and everything is sent, answered and covered by a checkpoint.
    #[must_use]
    pub fn is_in_step(&self) -> bool {
        self.connection() == Connection::Online
            && self.store.clinic().ok().flatten().is_some()
            && self.store.sync_facts().is_ok_and(|facts| {
                facts.outbox_len == 0 && facts.awaiting.is_empty() && !facts.cursors.is_empty()
            })
    }

    /// Waits until [`Desk::is_in_step`].
    ///
    /// # Errors
    /// Not within that time; `what` is in the error.
    pub async fn in_step(&self, what: &str, within: Duration) -> anyhow::Result<()> {
        Ok(wait_for(what, within, async || self.is_in_step().then_some(())).await?)
    }
}
