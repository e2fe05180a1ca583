//! Wrapped keys of workstations' files.

use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::{ClinicId, UserId, WorkstationId};

/// A wrapped key to keep.
#[derive(Clone, Copy, Debug)]
pub(crate) struct New<'a> {
    pub id: Uuid,
    pub workstation: WorkstationId,
    pub profile: &'a str,
    pub kms_key: &'a str,
    pub wrapped: &'a [u8],
    pub by: UserId,
}

/// Those of one workstation's files of a profile, newest first: id, the name of the key that wrapped it, wrapped.
pub(crate) async fn of_file(
    connection: &mut PgConnection,
    clinic: ClinicId,
    workstation: WorkstationId,
    profile: &str,
) -> Result<Vec<(Uuid, String, Vec<u8>)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, kms_key, wrapped FROM clinic.data_key WHERE clinic_id = $1 AND workstation_id = $2 AND profile = $3 \
         ORDER BY created_at DESC, id DESC",
    )
    .bind(clinic.0)
    .bind(workstation.0)
    .bind(profile)
    .fetch_all(connection)
    .await
}

/// Keeps one.
pub(crate) async fn keep(
    connection: &mut PgConnection,
    clinic: ClinicId,
    new: &New<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO clinic.data_key (clinic_id, id, workstation_id, profile, kms_key, wrapped, created_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(clinic.0)
    .bind(new.id)
    .bind(new.workstation.0)
    .bind(new.profile)
    .bind(new.kms_key)
    .bind(new.wrapped)
    .bind(new.by.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// Destroys those of a workstation that is no more.
pub(crate) async fn destroy(
    connection: &mut PgConnection,
    clinic: ClinicId,
    workstation: WorkstationId,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM clinic.data_key WHERE clinic_id = $1 AND workstation_id = $2")
        .bind(clinic.0)
        .bind(workstation.0)
        .execute(connection)
        .await?;
    Ok(())
}
