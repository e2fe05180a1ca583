//! Images of first syncs.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, Row as _};
use uuid::Uuid;
use wattle_domain::{ClinicId, FeedClass, Role, TableName, UserId, WorkstationId, role};
use wattle_protocol::image::{ChunkOffer, ImageOffer};
use wattle_protocol::session::Cursors;

/// An image as it is kept; its chunks have no URLs.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    /// The key is empty; it is sealed beside.
    pub offer: ImageOffer,
    pub sealed_key: Vec<u8>,
    pub created_at: DateTime<Utc>,
}

const COLUMNS: &str = "SELECT id, feeds, schema, epoch, cursors, sealed_key, page_bytes, pages, rows, chunks, created_at \
     FROM clinic.image WHERE clinic_id = $1";

impl<'r> sqlx::FromRow<'r, PgRow> for Image {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        let number =
            |name| Ok::<_, sqlx::Error>(u32::try_from(row.try_get::<i32, _>(name)?).unwrap_or_default());
        let feeds: Vec<String> = row.try_get("feeds")?;
        let Json(cursors): Json<Cursors> = row.try_get("cursors")?;
        let Json(chunks): Json<Vec<ChunkOffer>> = row.try_get("chunks")?;
        Ok(Self {
            offer: ImageOffer {
                id: row.try_get("id")?,
                schema: number("schema")?,
                feeds: feeds.iter().filter_map(|word| word.parse().ok()).collect(),
                epoch: row.try_get("epoch")?,
                cursors,
                key: String::new(),
                page_bytes: number("page_bytes")?,
                pages: number("pages")?,
                rows: u64::try_from(row.try_get::<i64, _>("rows")?).unwrap_or_default(),
                chunks,
            },
            sealed_key: row.try_get("sealed_key")?,
            created_at: row.try_get("created_at")?,
        })
    }
}

/// The newest image for a profile and a schema, if the acting user may have all of its feeds.
pub(crate) async fn present(
    connection: &mut PgConnection,
    clinic: ClinicId,
    feeds: &[FeedClass],
    schema: u32,
) -> Result<Option<Image>, sqlx::Error> {
    let sql = format!("{COLUMNS} AND feeds = $2 AND schema = $3 AND replaced_at IS NULL");
    sqlx::query_as(AssertSqlSafe(sql))
        .bind(clinic.0)
        .bind(words(feeds))
        .bind(signed(schema))
        .fetch_optional(connection)
        .await
}

/// An image by its id, replaced or not.
pub(crate) async fn by_id(
    connection: &mut PgConnection,
    clinic: ClinicId,
    id: Uuid,
) -> Result<Option<Image>, sqlx::Error> {
    let sql = format!("{COLUMNS} AND id = $2");
    sqlx::query_as(AssertSqlSafe(sql)).bind(clinic.0).bind(id).fetch_optional(connection).await
}

/// Keeps a new image in the place of the one there was.
pub(crate) async fn put(
    connection: &mut PgConnection,
    clinic: ClinicId,
    offer: &ImageOffer,
    sealed_key: &[u8],
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE clinic.image SET replaced_at = $4 \
         WHERE clinic_id = $1 AND feeds = $2 AND schema = $3 AND replaced_at IS NULL",
    )
    .bind(clinic.0)
    .bind(words(&offer.feeds))
    .bind(signed(offer.schema))
    .bind(at)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO clinic.image (clinic_id, id, feeds, schema, epoch, cursors, sealed_key, page_bytes, pages, rows, \
         chunks, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(clinic.0)
    .bind(offer.id)
    .bind(words(&offer.feeds))
    .bind(signed(offer.schema))
    .bind(&offer.epoch)
    .bind(Json(&offer.cursors))
    .bind(sealed_key)
    .bind(signed(offer.page_bytes))
    .bind(signed(offer.pages))
    .bind(i64::try_from(offer.rows).unwrap_or(i64::MAX))
    .bind(Json(&offer.chunks))
    .bind(at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Images that the acting user may have and that were replaced before a time.
pub(crate) async fn replaced_before(
    connection: &mut PgConnection,
    clinic: ClinicId,
    time: DateTime<Utc>,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar("SELECT id FROM clinic.image WHERE clinic_id = $1 AND replaced_at < $2")
        .bind(clinic.0)
        .bind(time)
        .fetch_all(connection)
        .await
}

/// Forgets an image whose chunks are gone.
pub(crate) async fn forget(
    connection: &mut PgConnection,
    clinic: ClinicId,
    id: Uuid,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM clinic.image WHERE clinic_id = $1 AND id = $2")
        .bind(clinic.0)
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Clinics that have people.
pub(crate) async fn clinics(pool: &PgPool) -> Result<Vec<ClinicId>, sqlx::Error> {
    let ids: Vec<Uuid> = sqlx::query_scalar("SELECT sync.clinics()").fetch_all(pool).await?;
    Ok(ids.into_iter().map(ClinicId).collect())
}

/// The profiles that people of the clinic have, each once.
pub(crate) async fn profiles(
    connection: &mut PgConnection,
    clinic: ClinicId,
) -> Result<Vec<Vec<FeedClass>>, sqlx::Error> {
    let rows: Vec<(Uuid, String)> = sqlx::query_as(
        "SELECT r.user_id, r.role FROM clinic.user_role r JOIN clinic.user_account a \
         ON a.clinic_id = r.clinic_id AND a.id = r.user_id AND a.active AND NOT a.system WHERE r.clinic_id = $1",
    )
    .bind(clinic.0)
    .fetch_all(connection)
    .await?;
    let mut people: BTreeMap<Uuid, Vec<Role>> = BTreeMap::new();
    for (user, word) in rows {
        if let Ok(role) = word.parse() {
            people.entry(user).or_default().push(role);
        }
    }
    let mut profiles: Vec<_> = people.values().map(|roles| role::classes(roles)).collect();
    profiles.sort();
    profiles.dedup();
    profiles.retain(|feeds| !feeds.is_empty());
    Ok(profiles)
}

/// Who pulls for images of these feeds.
pub(crate) async fn account(
    connection: &mut PgConnection,
    feeds: &[FeedClass],
) -> Result<(UserId, WorkstationId), sqlx::Error> {
    let (user, workstation): (Uuid, Uuid) =
        sqlx::query_as("SELECT user_id, workstation_id FROM clinic.image_account($1)")
            .bind(words(feeds))
            .fetch_one(connection)
            .await?;
    Ok((UserId(user), WorkstationId(workstation)))
}

/// Whether the acting user sees at least so many rows of some feeds. Counts no further than that.
pub(crate) async fn has_rows(
    connection: &mut PgConnection,
    clinic: ClinicId,
    feeds: &[FeedClass],
    enough: i64,
) -> Result<bool, sqlx::Error> {
    let mut missing = enough;
    for table in TableName::ALL.iter().filter(|table| feeds.contains(&table.table().class)) {
        if missing <= 0 {
            break;
        }
        let table = table.table().sql;
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM clinic.{table} WHERE clinic_id = $1 AND deleted_at IS NULL LIMIT $2) found"
        );
        let found: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(clinic.0)
            .bind(missing)
            .fetch_one(&mut *connection)
            .await?;
        missing -= found;
    }
    Ok(missing <= 0)
}

/// Tries to be the only one who builds this image, on whatever node, as long as the connection lives. False: somebody is.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    clinic: ClinicId,
    feeds: &[FeedClass],
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT pg_try_advisory_lock(hashtextextended('wattle image ' || $1::text || ' ' || $2, 0))",
    )
    .bind(clinic.0)
    .bind(words(feeds).join("-"))
    .fetch_one(connection)
    .await
}

fn words(feeds: &[FeedClass]) -> Vec<String> {
    feeds.iter().map(|feed| feed.as_str().to_owned()).collect()
}

fn signed(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
