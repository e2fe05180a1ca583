//! What gauges are computed from when somebody reads them.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::postgres::PgPool;
use uuid::Uuid;
use wattle_domain::time::Clock;
use wattle_domain::{ClinicId, WorkstationId};
use wattle_protocol::session::Cursors;

use super::desks::Desk;
use crate::db::error::describe;
use crate::db::{activity, feed};

/// Workstations that are known at once; past these, any of the others is forgotten.
pub(super) const DESKS: usize = 10_000;
/// Longest time to ask the database.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) struct Sample {
    pub live: AtomicI64,
    clock: Arc<dyn Clock>,
    desks: Mutex<HashMap<WorkstationId, Arc<Desk>>>,
    heads: Mutex<HashMap<ClinicId, Cursors>>,
    /// Seconds since 1970 by clinic and profile.
    images: Mutex<BTreeMap<(ClinicId, String), i64>>,
    oldest_write_ms: AtomicU64,
    looking: tokio::sync::Mutex<()>,
}

impl Sample {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            live: AtomicI64::new(0),
            clock,
            desks: Mutex::default(),
            heads: Mutex::default(),
            images: Mutex::default(),
            oldest_write_ms: AtomicU64::new(0),
            looking: tokio::sync::Mutex::new(()),
        }
    }

    pub fn desk(&self, clinic: ClinicId, workstation: WorkstationId) -> Arc<Desk> {
        let mut desks = lock(&self.desks);
        if let Some(desk) = desks.get(&workstation) {
            return desk.clone();
        }
        if desks.len() >= DESKS
            && let Some(any) = desks.keys().next().copied()
        {
            desks.remove(&any);
        }
        let desk = Arc::new(Desk::new(clinic));
        desks.insert(workstation, desk.clone());
        desk
    }

    pub fn image(&self, clinic: ClinicId, profile: &str, built_at_s: i64) {
        let mut images = lock(&self.images);
        if images.len() < DESKS {
            images.insert((clinic, profile.to_owned()), built_at_s);
        }
    }

    /// Refreshes heads and the oldest write. Who comes while somebody asks waits for that answer.
    pub async fn look(&self, pool: &PgPool) {
        let _looking = self.looking.lock().await;
        match tokio::time::timeout(PATIENCE, self.ask(pool)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(cause = describe(&error), "figures not refreshed"),
            Err(_) => tracing::warn!("figures not refreshed in time"),
        }
    }

    async fn ask(&self, pool: &PgPool) -> Result<(), sqlx::Error> {
        let mut clinics: Vec<Uuid> = lock(&self.desks).values().map(|desk| desk.clinic.0).collect();
        clinics.sort();
        clinics.dedup();
        let mut heads: HashMap<ClinicId, Cursors> = HashMap::new();
        for (clinic, class, head) in feed::all_heads(pool, &clinics).await? {
            heads.entry(clinic).or_default().insert(class, head);
        }
        *lock(&self.heads) = heads;
        let oldest = activity::oldest_write(pool).await?;
        let oldest_ms = u64::try_from(oldest.as_millis()).unwrap_or(u64::MAX);
        self.oldest_write_ms.store(oldest_ms, Ordering::Relaxed);
        Ok(())
    }

    /// Calls `each` with every workstation and how far behind it is.
    pub fn each_desk(&self, mut each: impl FnMut(WorkstationId, &Desk, u64)) {
        let desks: Vec<(WorkstationId, Arc<Desk>)> =
            lock(&self.desks).iter().map(|(id, desk)| (*id, desk.clone())).collect();
        let heads = lock(&self.heads).clone();
        let nothing = Cursors::new();
        for (id, desk) in desks {
            let lag = desk.lag(heads.get(&desk.clinic).unwrap_or(&nothing));
            each(id, &desk, lag);
        }
    }

    /// Calls `each` with every image and its age in seconds.
    pub fn each_image(&self, mut each: impl FnMut(ClinicId, &str, u64)) {
        let now_s = self.clock.now().0 / 1000;
        for ((clinic, profile), built_at_s) in &*lock(&self.images) {
            each(*clinic, profile, u64::try_from(now_s - built_at_s).unwrap_or_default());
        }
    }

    pub fn oldest_write_s(&self) -> f64 {
        Duration::from_millis(self.oldest_write_ms.load(Ordering::Relaxed)).as_secs_f64()
    }
}

/// A panic elsewhere leaves these usable: each is changed in one statement.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
