//! The key under which fm-migrate keeps hashes of the rows it has loaded: derived from the key of the clinic's hashes, so that
//! it lasts over rotations, and good for nothing else. The migrator never gets what opens the database.

use sqlx::postgres::PgPool;
use wattle_domain::ClinicId;
use zeroize::Zeroizing;

use super::Seals;
use crate::admin::{AdminError, begin, note};
use crate::kms::KeyRing;

/// The key of a clinic's map, 64 hexadecimal digits. A clinic that has no key of its own yet gets its first. That it was given
/// out is in the log of access.
///
/// # Errors
/// There is no such clinic; the database or the KMS went away.
pub async fn map_key(
    owner: &PgPool,
    kms: KeyRing,
    clinic: ClinicId,
) -> Result<Zeroizing<String>, AdminError> {
    begin(owner, clinic).await?.rollback().await?;
    let seals = Seals::new(owner.clone());
    seals.give(kms);
    let sealer = seals.for_writing(clinic).await?;
    let key = sealer.map_key().ok_or(AdminError::NoKeys(clinic))?;
    let mut tx = begin(owner, clinic).await?;
    note(&mut tx, clinic, "give_map_key", None, serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(key)
}
