//! Feeds: heads, commits after a cursor, the rows that they point at, the epoch.

use sqlx::postgres::{PgConnection, PgPool};
use uuid::Uuid;
use wattle_domain::{ClinicId, FeedClass, FeedSeq};
use wattle_protocol::session::FeedHead;

/// (database identity, timeline, restore count) as one word.
pub(crate) async fn epoch(connection: &mut PgConnection) -> Result<String, sqlx::Error> {
    sqlx::query_scalar("SELECT sync.epoch()").fetch_one(connection).await
}

/// The classes that the acting user's roles grant, in key order.
pub(crate) async fn granted(connection: &mut PgConnection) -> Result<Vec<FeedClass>, sqlx::Error> {
    let words: Vec<String> =
        sqlx::query_scalar("SELECT sync.granted_classes()").fetch_one(connection).await?;
    let mut classes: Vec<FeedClass> = words.iter().filter_map(|w| w.parse().ok()).collect();
    classes.sort();
    Ok(classes)
}

/// The feeds that the acting user may hold; one that nothing was ever written to is at 0.
pub(crate) async fn heads(
    connection: &mut PgConnection,
    clinic: ClinicId,
) -> Result<Vec<FeedHead>, sqlx::Error> {
    let granted = granted(&mut *connection).await?;
    let rows: Vec<(String, i64, i64)> =
        sqlx::query_as("SELECT class, seq, horizon FROM sync.feed WHERE clinic_id = $1")
            .bind(clinic.0)
            .fetch_all(connection)
            .await?;
    let head = |feed: FeedClass| {
        let found = rows.iter().find(|(class, _, _)| class == feed.as_str());
        let (head, horizon) = found.map_or((0, 0), |&(_, seq, horizon)| (seq, horizon));
        FeedHead { feed, head: seq(head), horizon: seq(horizon) }
    };
    Ok(granted.into_iter().map(head).collect())
}

/// Heads of some clinics' feeds, whoever asks: numbers only.
pub(crate) async fn all_heads(
    pool: &PgPool,
    clinics: &[Uuid],
) -> Result<Vec<(ClinicId, FeedClass, FeedSeq)>, sqlx::Error> {
    let rows: Vec<(Uuid, String, i64)> = sqlx::query_as("SELECT clinic_id, class, seq FROM sync.heads($1)")
        .bind(clinics)
        .fetch_all(pool)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(clinic, class, number)| Some((ClinicId(clinic), class.parse().ok()?, seq(number))))
        .collect())
}

/// The first commits of a feed after a cursor: number and how many pointers each has.
pub(crate) async fn commits(
    connection: &mut PgConnection,
    clinic: ClinicId,
    feed: FeedClass,
    after: FeedSeq,
    limit: i64,
) -> Result<Vec<(FeedSeq, i64)>, sqlx::Error> {
    let rows: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT seq, n FROM sync.commit WHERE clinic_id = $1 AND class = $2 AND seq > $3 ORDER BY seq LIMIT $4",
    )
    .bind(clinic.0)
    .bind(feed.as_str())
    .bind(signed(after))
    .bind(limit)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(number, n)| (seq(number), n)).collect())
}

/// How many changes a feed has after a cursor.
pub(crate) async fn changes(
    connection: &mut PgConnection,
    clinic: ClinicId,
    feed: FeedClass,
    after: FeedSeq,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT coalesce(sum(n), 0)::bigint FROM sync.commit WHERE clinic_id = $1 AND class = $2 AND seq > $3",
    )
    .bind(clinic.0)
    .bind(feed.as_str())
    .bind(signed(after))
    .fetch_one(connection)
    .await
}

/// The rows that the commits in `(after, to]` point at, each once.
pub(crate) async fn pointers(
    connection: &mut PgConnection,
    clinic: ClinicId,
    feed: FeedClass,
    after: FeedSeq,
    to: FeedSeq,
) -> Result<Vec<(String, Uuid)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT DISTINCT p.tbl, p.pk FROM sync.commit c \
         JOIN sync.change p ON p.uid = c.uid AND p.clinic_id = c.clinic_id AND p.class = c.class \
         WHERE c.clinic_id = $1 AND c.class = $2 AND c.seq > $3 AND c.seq <= $4 ORDER BY p.tbl, p.pk",
    )
    .bind(clinic.0)
    .bind(feed.as_str())
    .bind(signed(after))
    .bind(signed(to))
    .fetch_all(connection)
    .await
}

pub(super) fn seq(number: i64) -> FeedSeq {
    FeedSeq(u64::try_from(number).unwrap_or_default())
}

pub(super) fn signed(seq: FeedSeq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}
