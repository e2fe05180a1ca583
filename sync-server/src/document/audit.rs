//! The store against the table: what is missing or altered, and what belongs to nobody.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::postgres::PgPool;
use wattle_domain::{ClinicId, DocumentId};

use super::store::{self, Bytes, Place};
use crate::admin::AdminError;
use crate::db::{Identity, column_key, document};
use crate::seal::Seals;

/// For so long a folder that belongs to no document is kept after it was first seen.
pub const KEEP_ORPHANS: TimeDelta = TimeDelta::days(30);

/// What an audit found. Ids and counts only.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Audited {
    /// Documents that were read.
    pub documents: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Documents of which parts are missing; their rows say so from now on.
    pub missing: Vec<DocumentId>,
    /// Documents whose bytes are not those of their rows, or whose keys do not open.
    pub altered: Vec<DocumentId>,
    /// Folders that belong to no document.
    pub orphans: u64,
    /// Of those, removed now: they were seen 30 days ago and nobody has claimed them.
    pub removed: u64,
}

/// Reads every stored document of a clinic; notes folders of nobody, and removes those that were noted 30 days ago.
///
/// # Errors
/// When the database or the store does not answer. What was found until then is noted.
pub async fn audit(
    owner: &PgPool,
    place: &Place,
    clinic: ClinicId,
    now: DateTime<Utc>,
) -> Result<Audited, AdminError> {
    let mut found = Audited::default();
    let mut tx = Identity::clinic(clinic).begin(owner).await?;
    let all = document::all_stored(&mut tx, clinic).await?;
    let generation = column_key::newest(&mut tx, clinic).await?;
    tx.commit().await?;
    let seals = Seals::new(owner.clone());
    if let Some(kms) = place.kms.clone() {
        seals.give(kms);
    }
    let sealer = seals.at(clinic, generation).await?;
    for stored in all {
        let id = stored.held.document;
        let bytes = match stored.held.open(&sealer) {
            Ok(key) => store::read(&place.blobs, &key, &stored.known, &stored.held).await?,
            Err(_) => Bytes::Wrong,
        };
        found.documents += 1;
        found.bytes += stored.known.size();
        match bytes {
            Bytes::Right => {}
            Bytes::Incomplete => found.missing.push(id),
            Bytes::Wrong => found.altered.push(id),
        }
        let mut tx = Identity::clinic(clinic).begin(owner).await?;
        document::audited(&mut tx, clinic, &stored, bytes == Bytes::Right, now).await?;
        tx.commit().await?;
    }
    orphans(owner, place, clinic, now, &mut found).await?;
    Ok(found)
}

async fn orphans(
    owner: &PgPool,
    place: &Place,
    clinic: ClinicId,
    now: DateTime<Utc>,
    found: &mut Audited,
) -> Result<(), AdminError> {
    let root = wattle_document::clinic_folder(clinic.0);
    // The store first: a document that comes meanwhile is then in the table and not among what is looked at.
    let blobs = place.blobs.sizes(&root).await.map_err(store::down)?;
    let mut folders: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for (name, size) in blobs {
        let folder = name.split('/').next().unwrap_or_default();
        let counted = folders.entry(format!("{root}/{folder}")).or_default();
        counted.0 += 1;
        counted.1 += i64::try_from(size).unwrap_or(0);
    }
    let mut tx = Identity::clinic(clinic).begin(owner).await?;
    let owned: BTreeSet<String> = document::folders(&mut tx, clinic).await?.into_iter().collect();
    tx.commit().await?;
    for (folder, counted) in folders.into_iter().filter(|(folder, _)| !owned.contains(folder)) {
        found.orphans += 1;
        let mut tx = Identity::clinic(clinic).begin(owner).await?;
        let seen_at = document::orphan(&mut tx, clinic, &folder, counted, now).await?;
        tx.commit().await?;
        if now - seen_at < KEEP_ORPHANS {
            continue;
        }
        place.blobs.remove_folder(&folder).await.map_err(store::down)?;
        let mut tx = Identity::clinic(clinic).begin(owner).await?;
        document::orphan_removed(&mut tx, clinic, &folder, now).await?;
        tx.commit().await?;
        tracing::warn!(%clinic, parts = counted.0, bytes = counted.1, "removed what belonged to no document for 30 days");
        found.removed += 1;
    }
    Ok(())
}
