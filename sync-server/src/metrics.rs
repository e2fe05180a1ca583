//! How the server does, in numbers: each instrument is defined once and read as Prometheus text or sent over OTLP.
//!
//! Owns: the instruments, listed in `docs/metrics.md`, and what they are computed from.
//! Must never: carry a patient's datum or a person's name; labels are ids, our own words, and bounded in number.
//! Called by: everything that has something to count; `handlers/metrics.rs` and the OTLP reader, which read.

mod desks;
mod instruments;
mod sample;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};
use wattle_domain::time::Clock;
use wattle_domain::{ClinicId, WorkstationId};
use wattle_protocol::push::Verdict;
use wattle_protocol::session::Cursors;

use crate::config::Config;
use instruments::Instruments;
use sample::Sample;

pub(crate) use desks::Desk;

/// Every number of one server process.
pub(crate) struct Metrics {
    instruments: Instruments,
    sample: Arc<Sample>,
    registry: Registry,
    provider: SdkMeterProvider,
}

impl Metrics {
    /// Instruments that nobody reads yet; with an OTLP endpoint they are sent there from now on.
    pub fn new(config: &Config, clock: Arc<dyn Clock>) -> Self {
        let registry = Registry::new();
        let sample = Arc::new(Sample::new(clock));
        let provider = instruments::provider(&registry, config);
        let instruments = Instruments::new(&provider, &sample);
        Self { instruments, sample, registry, provider }
    }

    /// A command got its answer.
    pub fn verdict(&self, verdict: &Verdict) {
        let word = match verdict {
            Verdict::Applied => "applied",
            Verdict::Merged => "merged",
            Verdict::Conflict { .. } => "conflict",
            Verdict::Rejected { .. } => "rejected",
            Verdict::Deferred { .. } => "deferred",
            Verdict::Quarantined => "quarantined",
        };
        self.instruments.verdicts.add(1, &[KeyValue::new("verdict", word)]);
    }

    /// A push waited so long for its place.
    pub fn push_waited(&self, time: Duration) {
        self.instruments.push_wait.record(time.as_secs_f64(), &[]);
    }

    /// So long from a push's last statement until its commit was visible: the wait for the feed's lock, and the disk.
    pub fn commit_took(&self, time: Duration) {
        self.instruments.commit_time.record(time.as_secs_f64(), &[]);
    }

    /// Rows were sent to mend buckets.
    pub fn repaired(&self, bytes: u64) {
        self.instruments.repair_bytes.add(bytes, &[]);
    }

    /// An image of a clinic's feeds was built, at so many seconds since 1970.
    pub fn image(&self, clinic: ClinicId, profile: &str, built_at_s: i64) {
        self.sample.image(clinic, profile, built_at_s);
    }

    /// A workstation told where it is.
    pub fn desk(&self, clinic: ClinicId, workstation: WorkstationId, cursors: &Cursors) -> Arc<Desk> {
        let desk = self.sample.desk(clinic, workstation);
        desk.is_at(cursors);
        desk
    }

    /// A workstation whose place is not told just now.
    pub fn desk_of(&self, clinic: ClinicId, workstation: WorkstationId) -> Arc<Desk> {
        self.sample.desk(clinic, workstation)
    }

    /// A workstation told how many commands it keeps without a final verdict, and for how long the oldest.
    pub fn outbox(&self, clinic: ClinicId, workstation: WorkstationId, length: u64, oldest_s: Option<u64>) {
        self.sample.desk(clinic, workstation).keeps(length, oldest_s);
    }

    /// Commands of a workstation got a final verdict.
    pub fn answered(&self, clinic: ClinicId, workstation: WorkstationId, commands: u64) {
        self.sample.desk(clinic, workstation).sent(commands);
    }

    /// A live stream began.
    pub fn live_opened(&self) {
        self.sample.live.fetch_add(1, Ordering::Relaxed);
    }

    /// A live stream ended.
    pub fn live_closed(&self) {
        self.sample.live.fetch_sub(1, Ordering::Relaxed);
    }

    /// Steps of feeds were read for one group of listeners.
    pub fn delta_read(&self, steps: usize) {
        self.instruments.deltas.add(u64::try_from(steps).unwrap_or_default(), &[]);
    }

    /// A listener's queue was full and became hints.
    pub fn queue_overflowed(&self) {
        self.instruments.overflows.add(1, &[]);
    }

    /// A request was told to come again later.
    pub fn refused(&self) {
        self.instruments.refused.add(1, &[]);
    }

    /// Asks the database for what only it knows; at most once at a time, and never for long.
    pub async fn look(&self, pool: &sqlx::PgPool) {
        self.sample.look(pool).await;
    }

    /// All of it as Prometheus reads it.
    pub fn text(&self) -> String {
        TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap_or_default()
    }

    /// Sends what is not sent yet and ends. Blocks for a moment.
    pub fn stop(&self) {
        // Nobody to send to is no reason to stay.
        let _ = self.provider.shutdown();
    }
}
