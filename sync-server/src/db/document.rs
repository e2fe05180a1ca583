//! Documents: what their rows say of their bytes, and where those are.

use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::{ClinicId, DocumentId, TableName, UserId};
use wattle_protocol::document::DocumentAsk;

/// What a row says of the bytes.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub size_bytes: i64,
    pub sha256: String,
    pub mime: String,
    pub stored_at: Option<DateTime<Utc>>,
    pub lost_at: Option<DateTime<Utc>>,
}

impl Known {
    /// Bytes of the original.
    pub fn size(&self) -> u64 {
        u64::try_from(self.size_bytes).unwrap_or(0)
    }

    /// Whether the server has all bytes, as far as it knows.
    pub fn is_stored(&self) -> bool {
        self.stored_at.is_some() && self.lost_at.is_none()
    }
}

/// Where they are.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub document: DocumentId,
    pub folder: String,
    /// As it rests.
    pub key: String,
}

/// The row, if the acting user may see it.
pub(crate) async fn known(
    connection: &mut PgConnection,
    clinic: ClinicId,
    table: TableName,
    id: DocumentId,
) -> Result<Option<Known>, sqlx::Error> {
    let sql = format!(
        "SELECT size_bytes, sha256, mime, stored_at, lost_at FROM clinic.{} WHERE clinic_id = $1 AND id = $2",
        table.as_str()
    );
    type Found = (i64, String, String, Option<DateTime<Utc>>, Option<DateTime<Utc>>);
    let found: Option<Found> =
        sqlx::query_as(AssertSqlSafe(sql)).bind(clinic.0).bind(id.0).fetch_optional(connection).await?;
    Ok(found.map(|(size_bytes, sha256, mime, stored_at, lost_at)| Known {
        size_bytes,
        sha256,
        mime,
        stored_at,
        lost_at,
    }))
}

/// Where its bytes are or are to be, if somebody has asked before.
pub(crate) async fn held(
    connection: &mut PgConnection,
    clinic: ClinicId,
    id: DocumentId,
) -> Result<Option<Held>, sqlx::Error> {
    let found: Option<(String, String)> = sqlx::query_as(
        "SELECT folder, key FROM clinic.document_blob WHERE clinic_id = $1 AND document_id = $2",
    )
    .bind(clinic.0)
    .bind(id.0)
    .fetch_optional(connection)
    .await?;
    Ok(found.map(|(folder, key)| Held { document: id, folder, key }))
}

/// Says where they are to be. Who asked at the same moment gets the place of whoever was first.
pub(crate) async fn hold(
    connection: &mut PgConnection,
    clinic: ClinicId,
    user: UserId,
    asked: DocumentAsk,
    known: &Known,
    (folder, key): (&str, &str),
    at: DateTime<Utc>,
) -> Result<Held, sqlx::Error> {
    sqlx::query(
        "INSERT INTO clinic.document_blob (clinic_id, document_id, feed, folder, key, size_bytes, sha256, made_at, \
         made_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (clinic_id, document_id) DO NOTHING",
    )
    .bind(clinic.0)
    .bind(asked.document_id.0)
    .bind(asked.table.table().class.as_str())
    .bind(folder)
    .bind(key)
    .bind(known.size_bytes)
    .bind(&known.sha256)
    .bind(at)
    .bind(user.0)
    .execute(&mut *connection)
    .await?;
    held(connection, clinic, asked.document_id).await?.ok_or(sqlx::Error::RowNotFound)
}

/// Says that they are to be brought to another place.
pub(crate) async fn hold_anew(
    connection: &mut PgConnection,
    clinic: ClinicId,
    before: &Held,
    (folder, key): (&str, &str),
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE clinic.document_blob SET folder = $4, key = $5, made_at = $6, stored_at = NULL \
         WHERE clinic_id = $1 AND document_id = $2 AND folder = $3",
    )
    .bind(clinic.0)
    .bind(before.document.0)
    .bind(&before.folder)
    .bind(folder)
    .bind(key)
    .bind(at)
    .execute(connection)
    .await?;
    Ok(())
}

/// The server has read them all and found them right: the row says so from now on, to everybody.
pub(crate) async fn stored(
    connection: &mut PgConnection,
    clinic: ClinicId,
    table: TableName,
    held: &Held,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let done = sqlx::query(
        "UPDATE clinic.document_blob SET stored_at = $4, checked_at = $4 \
         WHERE clinic_id = $1 AND document_id = $2 AND folder = $3",
    )
    .bind(clinic.0)
    .bind(held.document.0)
    .bind(&held.folder)
    .bind(at)
    .execute(&mut *connection)
    .await?;
    if done.rows_affected() == 0 {
        // They were to be brought to another place meanwhile.
        return Ok(());
    }
    let sql = format!(
        "UPDATE clinic.{} SET stored_at = $3, lost_at = NULL WHERE clinic_id = $1 AND id = $2",
        table.as_str()
    );
    sqlx::query(AssertSqlSafe(sql)).bind(clinic.0).bind(held.document.0).bind(at).execute(connection).await?;
    Ok(())
}

/// A stored document, for the audit.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub table: TableName,
    pub held: Held,
    pub known: Known,
}

/// Every document of a clinic whose bytes the server should have, as its owner sees them.
pub(crate) async fn all_stored(
    connection: &mut PgConnection,
    clinic: ClinicId,
) -> Result<Vec<Stored>, sqlx::Error> {
    let mut all = Vec::new();
    for table in [TableName::DeskDocument, TableName::Document] {
        let sql = format!(
            "SELECT b.document_id, b.folder, b.key, d.size_bytes, d.sha256, d.mime, d.stored_at, d.lost_at \
             FROM clinic.{} d JOIN clinic.document_blob b ON b.clinic_id = d.clinic_id AND b.document_id = d.id \
             WHERE d.clinic_id = $1 AND d.stored_at IS NOT NULL ORDER BY d.id",
            table.as_str()
        );
        type Found =
            (Uuid, String, String, i64, String, String, Option<DateTime<Utc>>, Option<DateTime<Utc>>);
        let found: Vec<Found> =
            sqlx::query_as(AssertSqlSafe(sql)).bind(clinic.0).fetch_all(&mut *connection).await?;
        all.extend(found.into_iter().map(
            |(id, folder, key, size_bytes, sha256, mime, stored_at, lost_at)| Stored {
                table,
                held: Held { document: DocumentId(id), folder, key },
                known: Known { size_bytes, sha256, mime, stored_at, lost_at },
            },
        ));
    }
    Ok(all)
}

/// What the audit found of a document's bytes; the row says so when that is new.
pub(crate) async fn audited(
    connection: &mut PgConnection,
    clinic: ClinicId,
    stored: &Stored,
    is_there: bool,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE clinic.document_blob SET checked_at = $3 WHERE clinic_id = $1 AND document_id = $2")
        .bind(clinic.0)
        .bind(stored.held.document.0)
        .bind(at)
        .execute(&mut *connection)
        .await?;
    if is_there == stored.known.lost_at.is_none() {
        return Ok(());
    }
    let sql =
        format!("UPDATE clinic.{} SET lost_at = $3 WHERE clinic_id = $1 AND id = $2", stored.table.as_str());
    let lost_at = (!is_there).then_some(at);
    sqlx::query(AssertSqlSafe(sql))
        .bind(clinic.0)
        .bind(stored.held.document.0)
        .bind(lost_at)
        .execute(connection)
        .await?;
    Ok(())
}

/// Every folder that belongs to a document of a clinic.
pub(crate) async fn folders(
    connection: &mut PgConnection,
    clinic: ClinicId,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT folder FROM clinic.document_blob WHERE clinic_id = $1")
        .bind(clinic.0)
        .fetch_all(connection)
        .await
}

/// Notes a folder that belongs to none; when it was first seen.
pub(crate) async fn orphan(
    connection: &mut PgConnection,
    clinic: ClinicId,
    folder: &str,
    (parts, size_bytes): (i64, i64),
    at: DateTime<Utc>,
) -> Result<DateTime<Utc>, sqlx::Error> {
    sqlx::query_scalar(
        "INSERT INTO clinic.document_orphan (clinic_id, folder, seen_at, parts, size_bytes) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (clinic_id, folder) DO UPDATE SET parts = excluded.parts, size_bytes = excluded.size_bytes, \
         removed_at = NULL RETURNING seen_at",
    )
    .bind(clinic.0)
    .bind(folder)
    .bind(at)
    .bind(parts)
    .bind(size_bytes)
    .fetch_one(connection)
    .await
}

/// Notes that it was removed.
pub(crate) async fn orphan_removed(
    connection: &mut PgConnection,
    clinic: ClinicId,
    folder: &str,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE clinic.document_orphan SET removed_at = $3 WHERE clinic_id = $1 AND folder = $2")
        .bind(clinic.0)
        .bind(folder)
        .bind(at)
        .execute(connection)
        .await?;
    Ok(())
}
