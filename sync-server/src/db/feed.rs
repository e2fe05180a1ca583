//! Feeds: heads, commits after a cursor, the rows that they point at, the epoch.

use sqlx::postgres::{PgConnection, PgPool};
use uuid::Uuid;
use wattle_domain::{ClinicId, FeedClass, FeedSeq};
use wattle_protocol::session::FeedHead;

/// (database identity, timeline, restore count) as one word.
pub(crate) async fn epoch(connection: &mut PgConnection) -> Result<String, sqlx::Error> {
    sqlx::query_scalar("SELECT sync.epoch()").fetch_one(connection).await
}

/// How the acting user's clinic stands.
#[derive(Debug)]
pub(crate) struct Look {
    pub epoch: String,
    /// The feeds that the acting user may hold; one that nothing was ever written to is at 0.
    pub feeds: Vec<FeedHead>,
    /// The number of the clinic's newest key for sealed columns.
    pub generation: Option<i32>,
}

/// Looks all of it up at once.
pub(crate) async fn look(connection: &mut PgConnection, clinic: ClinicId) -> Result<Look, sqlx::Error> {
    type Found = (String, Option<i32>, Vec<String>, Vec<String>, Vec<i64>, Vec<i64>);
    let (epoch, generation, granted, classes, seqs, horizons): Found = sqlx::query_as(
        "SELECT sync.epoch(), (SELECT max(generation) FROM clinic.column_key WHERE clinic_id = $1), \
           sync.granted_classes(), f.classes, f.seqs, f.horizons \
         FROM (SELECT coalesce(array_agg(class), '{}') AS classes, coalesce(array_agg(seq), '{}') AS seqs, \
             coalesce(array_agg(horizon), '{}') AS horizons FROM sync.feed WHERE clinic_id = $1) f",
    )
    .bind(clinic.0)
    .fetch_one(connection)
    .await?;
    Ok(Look { epoch, feeds: granted_heads(&granted, &classes, &seqs, &horizons), generation })
}

/// The heads of the granted feeds, out of those that something was written to.
pub(super) fn granted_heads(
    granted: &[String],
    classes: &[String],
    seqs: &[i64],
    horizons: &[i64],
) -> Vec<FeedHead> {
    let mut granted: Vec<FeedClass> = granted.iter().filter_map(|word| word.parse().ok()).collect();
    granted.sort();
    let head = |feed: FeedClass| {
        let place = classes.iter().position(|class| class == feed.as_str());
        let of = |numbers: &[i64]| place.and_then(|place| numbers.get(place)).copied().unwrap_or_default();
        FeedHead { feed, head: seq(of(seqs)), horizon: seq(of(horizons)) }
    };
    granted.into_iter().map(head).collect()
}

/// The classes that the acting user's roles grant, in key order.
pub(crate) async fn granted(connection: &mut PgConnection) -> Result<Vec<FeedClass>, sqlx::Error> {
    let words: Vec<String> =
        sqlx::query_scalar("SELECT sync.granted_classes()").fetch_one(connection).await?;
    let mut classes: Vec<FeedClass> = words.iter().filter_map(|w| w.parse().ok()).collect();
    classes.sort();
    Ok(classes)
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
