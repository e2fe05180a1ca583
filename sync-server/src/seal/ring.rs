//! The clinics' keys in this process: unwrapped at their first use, kept while it lives.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::PgPool;
use wattle_domain::ClinicId;
use wattle_protocol::ErrorCode;
use zeroize::Zeroizing;

use super::keys::SECRET;
use super::{ClinicKeys, Sealer};
use crate::db::column_key::{self, Wrapped};
use crate::error::ApiError;
use crate::kms::{self, KeyRing};
use crate::secret;

/// For so long a KMS that has just failed is not asked again: each of a clinic's requests would wait for it.
const SPARED: Duration = Duration::from_secs(2);

/// The keys of all clinics. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Seals(Arc<Inner>);

struct Inner {
    pool: PgPool,
    kms: OnceLock<KeyRing>,
    clinics: Mutex<BTreeMap<ClinicId, Arc<ClinicKeys>>>,
    /// Held while keys are unwrapped: one asks, the others wait for what it gets. Clinics whose keys could not be had.
    failed: tokio::sync::Mutex<BTreeMap<ClinicId, (Instant, ApiError)>>,
}

impl Seals {
    /// Of a server that has not been given a KMS.
    pub fn new(pool: PgPool) -> Self {
        Self(Arc::new(Inner {
            pool,
            kms: OnceLock::new(),
            clinics: Mutex::default(),
            failed: tokio::sync::Mutex::default(),
        }))
    }

    /// From here on it seals. The first ring that is given stays.
    pub fn give(&self, kms: KeyRing) {
        let _ = self.0.kms.set(kms);
    }

    fn cached(&self, clinic: ClinicId) -> Option<Arc<ClinicKeys>> {
        self.0.clinics.lock().unwrap_or_else(PoisonError::into_inner).get(&clinic).cloned()
    }

    /// For writing: a clinic that has no key yet gets its first. A server without a KMS writes plain.
    ///
    /// # Errors
    /// `unavailable` when the KMS does not give the key: nothing is written then.
    pub async fn for_writing(&self, clinic: ClinicId) -> Result<Sealer, ApiError> {
        let keys = match (self.0.kms.get(), self.cached(clinic)) {
            (_, Some(keys)) => Some(keys),
            (Some(_), None) => Some(self.load(clinic, 1).await?),
            (None, None) => None,
        };
        Ok(Sealer::new(clinic, keys))
    }

    /// For what the database says of the clinic: the number of its newest key, `None` when it has none. That number must
    /// come from the snapshot that is read.
    ///
    /// # Errors
    /// As [`Seals::for_writing`].
    pub async fn at(&self, clinic: ClinicId, generation: Option<i32>) -> Result<Sealer, ApiError> {
        let Some(generation) = generation else { return Ok(Sealer::new(clinic, None)) };
        let keys = match self.cached(clinic).filter(|keys| keys.newest() >= generation) {
            Some(keys) => keys,
            None => self.load(clinic, generation).await?,
        };
        Ok(Sealer::new(clinic, Some(keys)))
    }

    async fn load(&self, clinic: ClinicId, least: i32) -> Result<Arc<ClinicKeys>, ApiError> {
        let mut failed = self.0.failed.lock().await;
        if let Some(keys) = self.cached(clinic).filter(|keys| keys.newest() >= least) {
            return Ok(keys);
        }
        if let Some((at, error)) = failed.get(&clinic)
            && at.elapsed() < SPARED
        {
            return Err(error.clone());
        }
        match self.ask(clinic).await {
            Ok(keys) => {
                failed.remove(&clinic);
                let keys = Arc::new(keys);
                let mut clinics = self.0.clinics.lock().unwrap_or_else(PoisonError::into_inner);
                clinics.insert(clinic, keys.clone());
                Ok(keys)
            }
            Err(error) => {
                tracing::error!(%clinic, cause = error.cause, "the clinic's key cannot be had");
                failed.insert(clinic, (Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    async fn ask(&self, clinic: ClinicId) -> Result<ClinicKeys, ApiError> {
        let without =
            "the clinic's columns rest sealed, and this server has no key: give it the server's key or --kms";
        let Some(kms) = self.0.kms.get() else {
            return Err(ApiError::after(ErrorCode::Unavailable, 30, without));
        };
        let mut kept = column_key::all(&self.0.pool, clinic).await?;
        if kept.is_empty() {
            let new = Zeroizing::new(secret::random::<SECRET>()?);
            let first = wrap(kms, clinic, 1, new.as_slice()).await?;
            column_key::first(&self.0.pool, clinic, &first).await?;
            // Another node may have been first.
            kept = column_key::all(&self.0.pool, clinic).await?;
        }
        unwrap(kms, clinic, &kept)
            .await?
            .ok_or_else(|| ApiError::because(ErrorCode::Internal, "no column key"))
    }
}

/// A secret as the database keeps it.
pub(super) async fn wrap(
    kms: &KeyRing,
    clinic: ClinicId,
    generation: i32,
    secret: &[u8],
) -> Result<Wrapped, kms::KmsError> {
    let wrapped = kms.wrap(&kms::of_columns(clinic, generation), secret).await?;
    Ok(Wrapped { generation, kms_key: kms.key_name(), wrapped })
}

/// One secret out of what the database keeps.
pub(super) async fn unwrap_one(
    kms: &KeyRing,
    clinic: ClinicId,
    kept: &Wrapped,
) -> Result<Zeroizing<Vec<u8>>, kms::KmsError> {
    kms.unwrap(&kept.kms_key, &kms::of_columns(clinic, kept.generation), &kept.wrapped).await
}

/// A clinic's keys out of what the database keeps.
pub(super) async fn unwrap(
    kms: &KeyRing,
    clinic: ClinicId,
    kept: &[Wrapped],
) -> Result<Option<ClinicKeys>, kms::KmsError> {
    let mut secrets = BTreeMap::new();
    for wrapped in kept {
        secrets.insert(wrapped.generation, unwrap_one(kms, clinic, wrapped).await?);
    }
    ClinicKeys::of(&secrets)
}
