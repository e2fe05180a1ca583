//! What every request shares: the pool, the settings, the clock, the limits, the live hints.

use std::sync::Arc;

use sqlx::postgres::PgPool;
use tokio::sync::{OnceCell, Semaphore, watch};
use wattle_domain::time::Clock;

use crate::compaction;
use crate::config::Config;
use crate::live::Hub;

/// The state of one server process. Nothing in it outlives a restart, and nothing must.
#[derive(Clone)]
pub struct AppState {
    pub(crate) pool: PgPool,
    pub(crate) config: Arc<Config>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) hub: Hub,
    pub(crate) limits: Arc<Limits>,
    /// `SET CONSTRAINTS …`, asked of the database once.
    pub(crate) check_now: Arc<OnceCell<String>>,
    pub(crate) stopping: watch::Receiver<bool>,
    stop: Arc<watch::Sender<bool>>,
}

/// Places for work that is bounded.
pub(crate) struct Limits {
    pub requests: Arc<Semaphore>,
    pub pushes: Arc<Semaphore>,
    pub pulls: Arc<Semaphore>,
    pub digests: Arc<Semaphore>,
    pub streams: Arc<Semaphore>,
}

impl AppState {
    /// The state over a pool of role `wattle_app`; must be called inside a tokio runtime, because hints begin to flow.
    #[must_use]
    pub fn new(pool: PgPool, config: Config, clock: Arc<dyn Clock>) -> Self {
        let (stop, stopping) = watch::channel(false);
        let places = |n: usize| Arc::new(Semaphore::new(n));
        let limits = Limits {
            requests: places(config.requests),
            pushes: places(config.pushes),
            pulls: places(config.pulls),
            digests: places(config.digests),
            streams: places(config.streams),
        };
        let hub = Hub::start(pool.clone(), &config, stopping.clone());
        compaction::start(pool.clone(), config.clone(), clock.clone(), stopping.clone());
        Self {
            pool,
            config: Arc::new(config),
            clock,
            hub,
            limits: Arc::new(limits),
            check_now: Arc::new(OnceCell::new()),
            stopping,
            stop: Arc::new(stop),
        }
    }

    /// Ends live streams and the hub, so that a server can drain.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// The present instant as chrono has it.
    pub(crate) fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.clock.now().to_chrono().unwrap_or_default()
    }
}
