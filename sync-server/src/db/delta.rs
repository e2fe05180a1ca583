//! What has just changed in a clinic, in as few round trips as there can be: one to look, one for the rows.
//!
//! Statements go as one text each, so they take no parameters; all that is put into them are ids, our own words and
//! numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use futures::TryStreamExt;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use sqlx::{AssertSqlSafe, Either, Executor, Postgres, Row as _};
use uuid::Uuid;
use wattle_domain::{ClinicId, FeedClass, FeedSeq, TableName, UserId};

use super::{Identity, table_sql};

/// The rows of each feed that some commits point at.
pub(crate) type Pointers = BTreeMap<FeedClass, BTreeMap<TableName, BTreeSet<Uuid>>>;

/// A clinic's feeds in one snapshot.
#[derive(Debug, Default)]
pub(crate) struct Look {
    pub epoch: String,
    /// Rises when somebody's access changes.
    pub access: i64,
    pub heads: BTreeMap<FeedClass, FeedSeq>,
    /// What the tokens that were asked about still grant.
    pub granted: BTreeMap<Uuid, Vec<FeedClass>>,
}

/// A connection in the middle of a turn. Unless the turn ends well it is closed, never given back.
pub(crate) struct Reading(Option<PoolConnection<Postgres>>);

impl Reading {
    pub async fn on(pool: &PgPool) -> Result<Self, sqlx::Error> {
        Ok(Self(Some(pool.acquire().await?)))
    }

    pub fn get(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        self.0.as_deref_mut().ok_or(sqlx::Error::PoolClosed)
    }

    /// Ends the snapshot and gives the connection back.
    pub async fn finish(mut self) -> Result<(), sqlx::Error> {
        self.get()?.execute("COMMIT").await?;
        drop(self.0.take());
        Ok(())
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if let Some(mut connection) = self.0.take() {
            connection.close_on_drop();
        }
    }
}

/// Begins the snapshot that everything else here is read in, and looks around. Ends with the transaction open.
pub(crate) async fn look(
    connection: &mut PgConnection,
    clinic: ClinicId,
    tokens: &[Uuid],
) -> Result<Look, sqlx::Error> {
    let mut text = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ".to_owned();
    let _ = write!(
        text,
        "{}; SELECT sync.epoch(), (SELECT version FROM sync.access_versions('{{{clinic}}}')); \
         SELECT class, seq FROM sync.heads('{{{clinic}}}'); ",
        Identity::clinic(clinic).text(),
    );
    if !tokens.is_empty() {
        let _ = write!(
            text,
            "SELECT token, array_to_string(classes, ' ') FROM sync.access_of('{{{}}}')",
            list(tokens)
        );
    }
    let mut look = Look::default();
    each_row(connection, text, |statement, row| {
        match statement {
            2 => (look.epoch, look.access) = (row.try_get(0)?, row.try_get(1)?),
            3 => {
                let (class, seq): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
                if let Ok(class) = class.parse() {
                    look.heads.insert(class, FeedSeq(u64::try_from(seq).unwrap_or_default()));
                }
            }
            4 => {
                look.granted.insert(row.try_get(0)?, classes(row.try_get(1)?));
            }
            _ => {}
        }
        Ok(())
    })
    .await?;
    Ok(look)
}

/// What some users' tokens grant in the running snapshot.
pub(crate) async fn granted(
    connection: &mut PgConnection,
    tokens: &[Uuid],
) -> Result<BTreeMap<Uuid, Vec<FeedClass>>, sqlx::Error> {
    let found: Vec<(Uuid, String)> =
        sqlx::query_as("SELECT token, array_to_string(classes, ' ') FROM sync.access_of($1)")
            .bind(tokens)
            .fetch_all(connection)
            .await?;
    Ok(found.into_iter().map(|(token, words)| (token, classes(words))).collect())
}

/// Which rows the commits after the cursors point at, as a user, and what that user is granted; `None` when there are
/// more of them than `most`. The transaction works for that user from here on.
pub(crate) async fn pointers(
    connection: &mut PgConnection,
    clinic: ClinicId,
    user: UserId,
    after: &BTreeMap<FeedClass, FeedSeq>,
    most: usize,
) -> Result<(Vec<FeedClass>, Option<Pointers>), sqlx::Error> {
    let identity = Identity { user: Some(user), ..Identity::clinic(clinic) };
    let feeds: Vec<String> = after
        .iter()
        .map(|(feed, seq)| format!("c.class = '{}' AND c.seq > {}", feed.as_str(), seq.0))
        .collect();
    let text = format!(
        "{}; SELECT array_to_string(sync.granted_classes(), ' '); \
         SELECT p.class, p.tbl, p.pk FROM sync.commit c \
         JOIN sync.change p ON p.uid = c.uid AND p.clinic_id = c.clinic_id AND p.class = c.class \
         WHERE c.clinic_id = '{clinic}' AND ({}) LIMIT {}",
        identity.text(),
        feeds.join(" OR "),
        most + 1
    );
    let mut is_granted = Vec::new();
    let mut found = Pointers::new();
    let mut count = 0;
    each_row(connection, text, |statement, row| {
        if statement == 1 {
            is_granted = classes(row.try_get(0)?);
        } else if statement == 2 {
            count += 1;
            let (class, table): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            // A table that this version does not know is for newer nodes.
            if let (Ok(class), Ok(table)) = (class.parse::<FeedClass>(), table.parse::<TableName>()) {
                found.entry(class).or_default().entry(table).or_default().insert(row.try_get(2)?);
            }
        }
        Ok(())
    })
    .await?;
    Ok((is_granted, (count <= most).then_some(found)))
}

/// The rows that are pointed at and that the acting user may see, each as the text of one JSON array.
pub(crate) async fn rows(
    connection: &mut PgConnection,
    clinic: ClinicId,
    pointers: &Pointers,
) -> Result<BTreeMap<TableName, Vec<(Uuid, String)>>, sqlx::Error> {
    let mut found: BTreeMap<TableName, Vec<(Uuid, String)>> = BTreeMap::new();
    let mut text = String::new();
    let mut tables = Vec::new();
    for (table, ids) in pointers.values().flatten() {
        let _ = write!(
            text,
            "SELECT id, {} FROM clinic.{} WHERE clinic_id = '{clinic}' AND id = ANY ('{{{}}}') ORDER BY id; ",
            table_sql::of(*table).array,
            table.as_str(),
            list(ids)
        );
        tables.push(*table);
    }
    if text.is_empty() {
        return Ok(found);
    }
    each_row(connection, text, |statement, row| {
        if let Some(table) = tables.get(statement) {
            found.entry(*table).or_default().push((row.try_get(0)?, row.try_get(1)?));
        }
        Ok(())
    })
    .await?;
    Ok(found)
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

/// Runs statements one after another in one round trip; `row` gets the number of the statement with each row.
async fn each_row(
    connection: &mut PgConnection,
    text: String,
    mut row: impl FnMut(usize, &PgRow) -> Result<(), sqlx::Error>,
) -> Result<(), sqlx::Error> {
    let mut results = connection.fetch_many(sqlx::raw_sql(AssertSqlSafe(text)));
    let mut statement = 0;
    while let Some(result) = results.try_next().await? {
        match result {
            Either::Left(_) => statement += 1,
            Either::Right(found) => row(statement, &found)?,
        }
    }
    Ok(())
}

fn classes(words: String) -> Vec<FeedClass> {
    let mut classes: Vec<FeedClass> = words.split(' ').filter_map(|w| w.parse().ok()).collect();
    classes.sort();
    classes
}

/// Ids as the inside of an array; hexadecimal digits, hyphens and commas.
fn list<'a>(ids: impl IntoIterator<Item = &'a Uuid>) -> String {
    let mut text = String::new();
    for id in ids {
        if !text.is_empty() {
            text.push(',');
        }
        let _ = write!(text, "{id}");
    }
    text
}
