//! What every request shares: the pool, the settings, the clock, the limits, the live hints.

use std::net::IpAddr;
use std::sync::Arc;

use sqlx::postgres::PgPool;
use tokio::sync::{Mutex, OnceCell, Semaphore, watch};
use tokio::time::Instant;
use wattle_domain::time::Clock;
use wattle_domain::{ClinicId, WorkstationId};

use crate::admission::{Bounds, Places, Shares};
use crate::compaction;
use crate::config::Config;
use crate::image::{self, Images};
use crate::kms::KeyRing;
use crate::live::{Hub, until_stopped};
use crate::metrics::Metrics;
use crate::names::Names;
use crate::pull::Recent;
use crate::seal::{self, Seals};

/// The state of one server process. Nothing in it outlives a restart, and nothing must.
#[derive(Clone)]
pub struct AppState {
    pub(crate) pool: PgPool,
    pub(crate) config: Arc<Config>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) hub: Hub,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) limits: Arc<Limits>,
    /// `SET CONSTRAINTS …`, asked of the database once.
    pub(crate) check_now: Arc<OnceCell<String>>,
    /// What workstations are called.
    pub(crate) names: Arc<Names>,
    /// What many files missed alike.
    pub(crate) recent: Arc<Recent>,
    /// Images of first syncs, where the server has a place for them.
    pub(crate) images: Option<Arc<Images>>,
    /// What wraps keys that the database keeps, where the server has one.
    pub(crate) kms: Option<KeyRing>,
    /// The keys of what rests sealed.
    pub(crate) seals: Seals,
    pub(crate) stopping: watch::Receiver<bool>,
    stop: Arc<watch::Sender<bool>>,
}

/// Places for work that is bounded.
pub(crate) struct Limits {
    /// Who is asked for, before it is known which clinic asks.
    pub entries: Arc<Semaphore>,
    /// Requests of nobody yet: sign-in and refresh, by where they come from.
    pub strangers: Places<IpAddr>,
    /// Who opens connections.
    pub connections: Arc<Shares<IpAddr>>,
    pub requests: Places,
    pub sessions: Places,
    pub sign_ins: Places,
    pub pushes: Places,
    pub pulls: Places,
    pub digests: Arc<Semaphore>,
    pub clinic_digests: Arc<Shares<ClinicId>>,
    pub streams: Arc<Semaphore>,
    pub clinic_streams: Arc<Shares<ClinicId>>,
    pub listeners: Arc<Shares<WorkstationId>>,
    /// When the database was last asked whether it answers, and why it did not.
    pub readiness: Mutex<Option<(Instant, Result<(), String>)>>,
}

impl AppState {
    /// The state over a pool of role `wattle_app`; must be called inside a tokio runtime, because hints begin to flow.
    #[must_use]
    pub fn new(pool: PgPool, config: Config, clock: Arc<dyn Clock>) -> Self {
        let (stop, stopping) = watch::channel(false);
        let places = |n: usize| Arc::new(Semaphore::new(n));
        let bounds = |(places, per_holder): (usize, usize)| {
            let (waiting_per_holder, wait) = (config.waiting_per_clinic, config.place_wait);
            Bounds { places, per_holder, waiting_per_holder, wait }
        };
        let fair = |each: (usize, usize)| Places::new(bounds(each));
        let limits = Limits {
            entries: places(config.entries),
            strangers: Places::new(bounds(config.strangers)),
            connections: Shares::new(config.connections_per_address),
            requests: fair(config.requests),
            sessions: fair(config.sessions),
            sign_ins: fair(config.sign_ins),
            pushes: fair(config.pushes),
            pulls: fair(config.pulls),
            digests: places(config.digests.0),
            clinic_digests: Shares::new(config.digests.1),
            streams: places(config.streams.0),
            clinic_streams: Shares::new(config.streams.1),
            listeners: Shares::new(config.streams_per_workstation),
            readiness: Mutex::default(),
        };
        let metrics = Arc::new(Metrics::new(&config, clock.clone()));
        if config.otlp_endpoint.is_some() {
            let figures = refresh(metrics.clone(), pool.clone(), config.otlp_interval);
            tokio::spawn(until_stopped(stopping.clone(), figures));
        }
        let seals = Seals::new(pool.clone());
        let hub = Hub::start(pool.clone(), &config, metrics.clone(), seals.clone(), stopping.clone());
        compaction::start(pool.clone(), config.clone(), clock.clone(), stopping.clone());
        Self {
            pool,
            config: Arc::new(config),
            clock,
            hub,
            metrics,
            limits: Arc::new(limits),
            check_now: Arc::new(OnceCell::new()),
            names: Arc::default(),
            recent: Arc::default(),
            images: None,
            kms: None,
            seals,
            stopping,
            stop: Arc::new(stop),
        }
    }

    /// The same with a key management service: workstations' keys are kept for people who are new at them, and what is
    /// declared as sealed rests encrypted. From now on it is looked whether something rests plain, so it must be called
    /// inside a tokio runtime.
    #[must_use]
    pub fn with_kms(mut self, kms: KeyRing) -> Self {
        self.seals.give(kms.clone());
        seal::start(self.pool.clone(), self.seals.clone(), self.config.seal_every, self.stopping.clone());
        self.kms = Some(kms);
        self
    }

    /// The same with images of first syncs; from now on it is looked whether some should be built. Must be called inside a
    /// tokio runtime.
    ///
    /// # Errors
    /// When the place for them cannot be used.
    pub fn with_images(mut self, settings: image::Settings) -> Result<Self, wattle_blob_store::Error> {
        let builds = settings.builder.is_some();
        let images = Arc::new(Images::open(settings)?);
        self.images = Some(Arc::clone(&images));
        if builds {
            tokio::spawn(image::run(self.clone(), images));
        }
        Ok(self)
    }

    /// Ends live streams and the hub, so that a server can drain.
    pub fn stop(&self) {
        let was_stopped = self.stop.send_replace(true);
        if !was_stopped && self.config.otlp_endpoint.is_some() {
            // The last figures are sent by a thread of their own.
            let metrics = self.metrics.clone();
            tokio::task::spawn_blocking(move || metrics.stop());
        }
    }

    /// The present instant as chrono has it.
    pub(crate) fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.clock.now().to_chrono().unwrap_or_default()
    }
}

/// Asks the database for its figures as often as they are sent; a scraper asks by itself.
async fn refresh(metrics: Arc<Metrics>, pool: PgPool, interval: std::time::Duration) {
    let mut tick = tokio::time::interval(interval);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        metrics.look(&pool).await;
    }
}
