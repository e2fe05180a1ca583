//! What has just changed in a clinic, read in one snapshot: a look around, then the rows.
//!
//! The statements keep their plans, so each costs little more than its round trip.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Executor, Postgres};
use uuid::Uuid;
use wattle_domain::{ClinicId, FeedClass, FeedSeq, TableName, UserId};

use super::{Identity, table_sql};
use crate::seal::Sealer;

/// The rows at which the commits after some cursors point, as far as the acting user may see: $2 and $3 are the feeds and
/// the cursors, $4 is one more than is wanted. The limits are inside because there they keep the plan to the newest end of
/// each feed, whatever the statistics say of its length.
macro_rules! pointed_at {
    () => {
        "SELECT f.class, p.tbl, p.pk FROM unnest($2::text[], $3::bigint[]) AS f (class, after), \
           LATERAL (SELECT c.uid FROM sync.commit c WHERE c.clinic_id = $1 AND c.class = f.class \
                    AND c.seq > f.after ORDER BY c.seq LIMIT $4) c, \
           LATERAL (SELECT p.tbl, p.pk FROM sync.change p WHERE p.uid = c.uid AND p.clinic_id = $1 \
                    AND p.class = f.class LIMIT $4) p \
         LIMIT $4"
    };
}

/// Of so many tables rows are read in one statement: each set of tables is a statement that is kept.
const TABLES_AT_ONCE: usize = 4;

/// The rows of each feed that some commits point at.
pub(crate) type Pointers = BTreeMap<FeedClass, BTreeMap<TableName, BTreeSet<Uuid>>>;

/// A clinic's feeds in one snapshot.
#[derive(Debug, Default)]
pub(crate) struct Look {
    pub epoch: String,
    /// Rises when somebody's access changes.
    pub access: i64,
    pub heads: BTreeMap<FeedClass, FeedSeq>,
    /// The number of the clinic's newest key for sealed columns.
    pub generation: Option<i32>,
    /// What the user that the snapshot was begun for is granted, and what was asked for ahead.
    pub ahead: Ahead,
}

/// What a user is granted, and where the commits after some cursors point, as far as that user may see; `None` when they
/// point at more rows than were wanted.
pub(crate) type Ahead = (Vec<FeedClass>, Option<Pointers>);

/// One snapshot of a clinic, read for one user after another. Unless it ends well its connection is closed, never given
/// back.
pub(crate) struct Snapshot {
    connection: Option<PoolConnection<Postgres>>,
    clinic: ClinicId,
    user: Option<UserId>,
}

impl Snapshot {
    /// Begins one, for nobody or for a user.
    pub async fn begin(pool: &PgPool, clinic: ClinicId, user: Option<UserId>) -> Result<Self, sqlx::Error> {
        let mut snapshot = Self { connection: Some(pool.acquire().await?), clinic, user };
        // What is put in are ids.
        let identity = Identity { user, ..Identity::clinic(clinic) }.text();
        // Not with plans for every key, as a push has them: where a feed ends, none fits all cursors.
        let text = format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {identity}");
        snapshot.connection()?.execute(sqlx::raw_sql(AssertSqlSafe(text))).await?;
        Ok(snapshot)
    }

    /// Ends the snapshot and gives the connection back.
    pub async fn finish(mut self) -> Result<(), sqlx::Error> {
        self.connection()?.execute("COMMIT").await?;
        drop(self.connection.take());
        Ok(())
    }

    fn connection(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        self.connection.as_deref_mut().ok_or(sqlx::Error::PoolClosed)
    }

    /// The epoch, the state of access and the heads of all feeds; with them, in the same round trip, what
    /// [`Snapshot::pointers`] says for the acting user, who most likely reads it.
    pub async fn look(
        &mut self,
        after: &BTreeMap<FeedClass, FeedSeq>,
        most: usize,
    ) -> Result<Look, sqlx::Error> {
        let clinic = self.clinic;
        let (after_feeds, after_seqs) = cursors(after);
        type Found = (
            String,
            i64,
            Option<i32>,
            Vec<String>,
            Vec<i64>,
            Vec<String>,
            Vec<String>,
            Vec<String>,
            Vec<Uuid>,
        );
        let found: Found = sqlx::query_as(concat!(
            "SELECT sync.epoch(), a.version, (SELECT max(generation) FROM clinic.column_key WHERE clinic_id = $1), \
             h.feeds, h.seqs, sync.granted_classes(), p.classes, p.tables, p.rows \
             FROM sync.access_versions(ARRAY[$1]) a, \
             (SELECT coalesce(array_agg(class), '{}') AS feeds, coalesce(array_agg(seq), '{}') AS seqs \
              FROM sync.heads(ARRAY[$1])) h, \
             (SELECT coalesce(array_agg(class), '{}') AS classes, coalesce(array_agg(tbl), '{}') AS tables, \
                coalesce(array_agg(pk), '{}') AS rows FROM (",
            pointed_at!(),
            ") pointed) p",
        ))
        .bind(clinic.0)
        .bind(after_feeds)
        .bind(after_seqs)
        .bind(one_more(most))
        .fetch_one(self.connection()?)
        .await?;
        let (epoch, access, generation, feeds, seqs, granted, pointed, tables, rows) = found;
        let pointed: Vec<_> = pointed
            .into_iter()
            .zip(tables)
            .zip(rows)
            .map(|((class, table), id)| (class, table, id))
            .collect();
        let ahead = (classes(&granted), pointers(pointed, most));
        let head = |(feed, seq): (String, i64)| {
            Some((feed.parse().ok()?, FeedSeq(u64::try_from(seq).unwrap_or_default())))
        };
        let heads = feeds.into_iter().zip(seqs).filter_map(head).collect();
        Ok(Look { epoch, access, heads, generation, ahead })
    }

    /// What some users' tokens grant.
    pub async fn granted(&mut self, tokens: &[Uuid]) -> Result<BTreeMap<Uuid, Vec<FeedClass>>, sqlx::Error> {
        if tokens.is_empty() {
            return Ok(BTreeMap::new());
        }
        let found: Vec<(Uuid, Vec<String>)> = sqlx::query_as("SELECT token, classes FROM sync.access_of($1)")
            .bind(tokens)
            .fetch_all(self.connection()?)
            .await?;
        Ok(found.into_iter().map(|(token, words)| (token, classes(&words))).collect())
    }

    /// Works for this user from here on.
    pub async fn act_for(&mut self, user: UserId) -> Result<(), sqlx::Error> {
        if self.user != Some(user) {
            let identity = Identity { user: Some(user), ..Identity::clinic(self.clinic) };
            identity.set(self.connection()?).await?;
            self.user = Some(user);
        }
        Ok(())
    }

    /// Which rows the commits after the cursors point at, as far as the acting user may see, and what that user is
    /// granted; `None` when there are more of them than `most`.
    pub async fn pointers(
        &mut self,
        after: &BTreeMap<FeedClass, FeedSeq>,
        most: usize,
    ) -> Result<Ahead, sqlx::Error> {
        let clinic = self.clinic;
        let (feeds, seqs) = cursors(after);
        // One round trip with what is granted, which comes as a row of its own.
        let found: Vec<(String, Option<String>, Option<Uuid>)> = sqlx::query_as(concat!(
            "SELECT class, NULL::text, NULL::uuid FROM unnest(sync.granted_classes()) AS granted (class) UNION ALL (",
            pointed_at!(),
            ")",
        ))
        .bind(clinic.0)
        .bind(feeds)
        .bind(seqs)
        .bind(one_more(most))
        .fetch_all(self.connection()?)
        .await?;
        let (granted, pointed): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|(_, table, _)| table.is_none());
        let granted: Vec<String> = granted.into_iter().map(|(class, ..)| class).collect();
        let pointed = pointed.into_iter().filter_map(|(class, table, id)| Some((class, table?, id?)));
        Ok((classes(&granted), pointers(pointed.collect(), most)))
    }

    /// The rows that are pointed at and that the acting user may see, each as the text of one JSON array.
    pub async fn rows(
        &mut self,
        sealer: &Sealer,
        pointers: &Pointers,
    ) -> Result<BTreeMap<TableName, Vec<(Uuid, String)>>, sqlx::Error> {
        let clinic = self.clinic;
        let mut found: BTreeMap<TableName, Vec<(Uuid, String)>> = BTreeMap::new();
        let wanted: Vec<(TableName, Vec<Uuid>)> =
            pointers.values().flatten().map(|(table, ids)| (*table, ids.iter().copied().collect())).collect();
        // A step of several tables is one round trip, as what people do is: an appointment and its history.
        for some in wanted.chunks(TABLES_AT_ONCE) {
            let names: Vec<TableName> = some.iter().map(|(table, _)| *table).collect();
            let text = table_sql::rows_of(&names);
            let mut query =
                sqlx::query_as::<Postgres, (i32, Uuid, String)>(AssertSqlSafe(text)).bind(clinic.0);
            for (_, ids) in some {
                query = query.bind(ids);
            }
            let rows = query.fetch_all(self.connection()?).await?;
            for (place, id, row) in rows {
                let Some((table, _)) = usize::try_from(place).ok().and_then(|place| some.get(place)) else {
                    continue;
                };
                let row = sealer.open_array(table.table(), id, row)?;
                found.entry(*table).or_default().push((id, row));
            }
        }
        Ok(found)
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            connection.close_on_drop();
        }
    }
}

/// How access stands in some clinics, by numbers that rise.
pub(crate) async fn access_versions(
    pool: &PgPool,
    clinics: &[Uuid],
) -> Result<Vec<(ClinicId, i64)>, sqlx::Error> {
    let found: Vec<(Uuid, i64)> = sqlx::query_as("SELECT clinic_id, version FROM sync.access_versions($1)")
        .bind(clinics)
        .fetch_all(pool)
        .await?;
    Ok(found.into_iter().map(|(clinic, version)| (ClinicId(clinic), version)).collect())
}

fn cursors(after: &BTreeMap<FeedClass, FeedSeq>) -> (Vec<&'static str>, Vec<i64>) {
    after.iter().map(|(feed, seq)| (feed.as_str(), i64::try_from(seq.0).unwrap_or(i64::MAX))).unzip()
}

fn one_more(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX - 1) + 1
}

/// What was found by feed and table; `None` when it is more than was wanted.
fn pointers(pointed: Vec<(String, String, Uuid)>, most: usize) -> Option<Pointers> {
    if pointed.len() > most {
        return None;
    }
    let mut pointers = Pointers::new();
    for (class, table, id) in pointed {
        // A table that this version does not know is for newer nodes.
        if let (Ok(class), Ok(table)) = (class.parse::<FeedClass>(), table.parse::<TableName>()) {
            pointers.entry(class).or_default().entry(table).or_default().insert(id);
        }
    }
    Some(pointers)
}

fn classes(words: &[String]) -> Vec<FeedClass> {
    let mut classes: Vec<FeedClass> = words.iter().filter_map(|word| word.parse().ok()).collect();
    classes.sort();
    classes
}
