//! New keys: a clinic's data key, under which every value is sealed again, row by row; and the key of the KMS, under which
//! only the wrapped keys are wrapped again. Both go on where they were stopped.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::json;
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Postgres, Transaction};
use uuid::Uuid;
use wattle_domain::{ClinicId, UserId, WorkstationId};
use zeroize::Zeroizing;

use super::Sealer;
use super::keys::SECRET;
use super::ring::{unwrap, unwrap_one, wrap};
use super::target::Target;
use crate::admin::{AdminError, note};
use crate::db::Identity;
use crate::db::column_key::{self, Wrapped};
use crate::kms::{self, KeyRing};
use crate::secret;

/// Rows of one transaction.
const BATCH: i32 = 500;
/// Bytes of a data key within the secret.
const DATA: usize = 32;

/// What a rotation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rotated {
    /// The number of the key under which everything rests now.
    pub generation: i32,
    /// Whether it went on with one that had been stopped.
    pub resumed: bool,
    /// Values that were sealed again in this run.
    pub resealed: i64,
    /// Values that do not open: they were left as they are.
    pub damaged: i64,
}

/// Makes a clinic's next data key and seals everything under it, while servers work. Goes on with a rotation that was
/// stopped. `told` hears the table, rows done and rows there are.
///
/// # Errors
/// The database or the KMS went away: what was resealed stays so, and the next run goes on there.
pub async fn rotate(
    owner: &PgPool,
    kms: &KeyRing,
    clinic: ClinicId,
    told: &(dyn Fn(&str, i64, i64) + Send + Sync),
) -> Result<Rotated, AdminError> {
    let (generation, resumed) = begin(owner, kms, clinic).await?;
    let mut tx = Identity::clinic(clinic).begin(owner).await?;
    let kept = column_key::all_in(&mut tx, clinic).await?;
    let tables = column_key::tables(&mut tx).await?;
    tx.commit().await?;
    let keys = unwrap(kms, clinic, &kept).await?.ok_or(AdminError::NoKeys(clinic))?;
    let sealer = Sealer::new(clinic, Some(std::sync::Arc::new(keys)));
    let mut done = Rotated { generation, resumed, resealed: 0, damaged: 0 };
    for (table, columns, id_column) in &tables {
        let Some(target) = Target::of(table) else { continue };
        let work = Work { owner, sealer: &sealer, target, columns, id_column, generation };
        // A server that had not heard of the new key when it began a transaction may have written behind us.
        loop {
            let found = work.table(&mut done, told).await?;
            if found == 0 {
                break;
            }
            work.again().await?;
        }
        work.finish().await?;
    }
    if done.damaged == 0 {
        let mut tx = Identity::clinic(clinic).begin(owner).await?;
        sqlx::query(
            "UPDATE clinic.column_key SET retired_at = now() \
             WHERE clinic_id = $1 AND generation < $2 AND retired_at IS NULL",
        )
        .bind(clinic.0)
        .bind(generation)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
    }
    Ok(done)
}

/// The generation to reach: that of a rotation which was stopped, else a new one, kept before anything rests under it.
async fn begin(owner: &PgPool, kms: &KeyRing, clinic: ClinicId) -> Result<(i32, bool), AdminError> {
    let mut tx = Identity::clinic(clinic).begin(owner).await?;
    let kept = column_key::all_in(&mut tx, clinic).await?;
    let newest = kept.last().ok_or(AdminError::NoKeys(clinic))?.clone();
    let is_open: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM clinic.key_rotation WHERE clinic_id = $1 AND generation = $2 AND finished_at IS NULL)",
    )
    .bind(clinic.0)
    .bind(newest.generation)
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    if is_open {
        return Ok((newest.generation, true));
    }
    let next = next(kms, clinic, &newest).await?;
    let mut tx = Identity::clinic(clinic).begin(owner).await?;
    column_key::keep(&mut tx, clinic, &next).await?;
    sqlx::query(
        "INSERT INTO clinic.key_rotation (clinic_id, generation, tbl) \
         SELECT $1, $2, tbl FROM clinic.sealed_column GROUP BY tbl ON CONFLICT DO NOTHING",
    )
    .bind(clinic.0)
    .bind(next.generation)
    .execute(&mut *tx)
    .await?;
    note(&mut tx, clinic, "rotate_keys", None, json!({"generation": next.generation})).await?;
    tx.commit().await?;
    Ok((next.generation, false))
}

/// A new data key beside the key of the hashes, which stays.
async fn next(kms: &KeyRing, clinic: ClinicId, newest: &Wrapped) -> Result<Wrapped, AdminError> {
    let old = unwrap_one(kms, clinic, newest).await?;
    let data = Zeroizing::new(secret::random::<DATA>()?);
    let mut new = Zeroizing::new(Vec::with_capacity(SECRET));
    new.extend_from_slice(data.as_slice());
    new.extend_from_slice(old.get(DATA..).unwrap_or_default());
    Ok(wrap(kms, clinic, newest.generation + 1, &new).await?)
}

/// One table of a rotation.
struct Work<'a> {
    owner: &'a PgPool,
    sealer: &'a Sealer,
    target: Target,
    columns: &'a [String],
    id_column: &'a str,
    generation: i32,
}

impl Work<'_> {
    fn clinic(&self) -> ClinicId {
        self.sealer.clinic()
    }

    async fn begin(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        Identity::clinic(self.clinic()).begin(self.owner).await
    }

    /// Goes through the table from where it was; how many values it resealed. Each batch notes how far it came.
    async fn table(
        &self,
        done: &mut Rotated,
        told: &(dyn Fn(&str, i64, i64) + Send + Sync),
    ) -> Result<i64, AdminError> {
        let mut tx = self.begin().await?;
        let text = format!("SELECT count(*) FROM clinic.{} WHERE clinic_id = $1", self.target.name());
        let rows: i64 =
            sqlx::query_scalar(AssertSqlSafe(text)).bind(self.clinic().0).fetch_one(&mut *tx).await?;
        tx.commit().await?;
        let (mut resealed, mut seen, mut damaged) = (0, 0, 0);
        loop {
            let mut tx = self.begin().await?;
            let after = self.reached(&mut tx).await?;
            let name = self.target.name();
            let next =
                column_key::after(&mut tx, self.clinic(), name, self.columns, self.id_column, after, BATCH);
            let Some((last, rested)) = next.await? else { break };
            let mut values = Vec::new();
            for value in rested {
                match self.target.resealed(self.sealer, value) {
                    Ok(value) => values.extend(value),
                    Err(why) => {
                        damaged += 1;
                        tracing::error!(cause = %why, "a value does not open");
                    }
                }
            }
            let n = if values.is_empty() { 0 } else { column_key::reseal(&mut tx, name, &values).await? };
            sqlx::query(
                "UPDATE clinic.key_rotation SET after = $4, resealed = resealed + $5 \
                 WHERE clinic_id = $1 AND generation = $2 AND tbl = $3",
            )
            .bind(self.clinic().0)
            .bind(self.generation)
            .bind(name)
            .bind(last)
            .bind(n)
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            resealed += n;
            seen += i64::from(BATCH);
            told(name, seen.min(rows), rows);
        }
        done.resealed += resealed;
        done.damaged = done.damaged.max(damaged);
        Ok(resealed)
    }

    async fn reached(&self, connection: &mut PgConnection) -> Result<Uuid, sqlx::Error> {
        // Locked: two rotations at once take turns over the batches.
        let text = "SELECT after FROM clinic.key_rotation WHERE clinic_id = $1 AND generation = $2 AND tbl = $3 FOR UPDATE";
        let query = sqlx::query_scalar(text).bind(self.clinic().0).bind(self.generation);
        let found: Option<Uuid> = query.bind(self.target.name()).fetch_optional(connection).await?;
        Ok(found.unwrap_or_default())
    }

    async fn note(&self, set: &'static str) -> Result<(), sqlx::Error> {
        let mut tx = self.begin().await?;
        let text = format!(
            "UPDATE clinic.key_rotation SET {set} WHERE clinic_id = $1 AND generation = $2 AND tbl = $3"
        );
        let query = sqlx::query(AssertSqlSafe(text)).bind(self.clinic().0).bind(self.generation);
        query.bind(self.target.name()).execute(&mut *tx).await?;
        tx.commit().await
    }

    async fn again(&self) -> Result<(), sqlx::Error> {
        self.note("after = '00000000-0000-0000-0000-000000000000'").await
    }

    async fn finish(&self) -> Result<(), sqlx::Error> {
        self.note("finished_at = now()").await
    }
}

/// What a change of the KMS's key did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rewrapped {
    /// Keys of sealed columns that are wrapped anew.
    pub columns: u64,
    /// Keys of workstations' files that are wrapped anew.
    pub files: u64,
    /// Secrets of authenticator apps that are wrapped anew.
    pub second_factors: u64,
    /// Keys that no key here opens.
    pub left: u64,
    /// Why, of the first of them.
    pub why: Option<String>,
}

/// Clinic; generation, or workstation and id, or the account's id alone; the key's name, wrapped.
type Old = (Uuid, Option<i32>, Option<Uuid>, Option<Uuid>, String, Vec<u8>);

/// Wraps every key that another key of the KMS wrapped under the present one. Each is one transaction.
///
/// # Errors
/// The database went away, or the present key does not wrap.
pub async fn rewrap(owner: &PgPool, kms: &KeyRing) -> Result<Rewrapped, AdminError> {
    let name = kms.key_name();
    let old: Vec<Old> = sqlx::query_as(
        "SELECT clinic_id, generation, NULL::uuid, NULL::uuid, kms_key, wrapped \
         FROM clinic.column_key WHERE kms_key <> $1 UNION ALL \
         SELECT clinic_id, NULL, workstation_id, id, kms_key, wrapped FROM clinic.data_key WHERE kms_key <> $1 \
         UNION ALL SELECT clinic_id, NULL, NULL, user_id, kms_key, wrapped FROM clinic.second_factor WHERE kms_key <> $1",
    )
    .bind(&name)
    .fetch_all(owner)
    .await?;
    let mut done = Rewrapped::default();
    let mut clinics = BTreeSet::new();
    for (clinic, generation, workstation, id, kms_key, wrapped_before) in old {
        let clinic = ClinicId(clinic);
        let context = match (generation, workstation, id) {
            (Some(generation), ..) => kms::of_columns(clinic, generation),
            (None, Some(at), Some(id)) => kms::of_file(clinic, WorkstationId(at), id),
            (None, None, Some(user)) => kms::of_second_factor(clinic, UserId(user)),
            _ => continue,
        };
        let plain = match kms.unwrap(&kms_key, &context, &wrapped_before).await {
            Ok(plain) => plain,
            Err(error) => {
                done.left += 1;
                done.why.get_or_insert_with(|| error.to_string());
                continue;
            }
        };
        let wrapped = kms.wrap(&context, &plain).await?;
        let (table, which, met) = match (generation, workstation) {
            (Some(_), _) => ("column_key", "generation = $5", &mut done.columns),
            (None, Some(_)) => ("data_key", "id = $6", &mut done.files),
            (None, None) => ("second_factor", "user_id = $6", &mut done.second_factors),
        };
        let text = format!(
            "UPDATE clinic.{table} SET kms_key = $1, wrapped = $2 WHERE clinic_id = $3 AND wrapped = $4 AND {which} \
             AND ($5::integer IS NOT NULL OR $6::uuid IS NOT NULL)"
        );
        let query =
            sqlx::query(AssertSqlSafe(text)).bind(&name).bind(wrapped).bind(clinic.0).bind(&wrapped_before);
        let rows = query.bind(generation).bind(id).execute(owner).await?.rows_affected();
        *met += rows;
        if rows > 0 {
            clinics.insert(clinic);
        }
    }
    for clinic in clinics {
        let mut tx = Identity::clinic(clinic).begin(owner).await?;
        note(&mut tx, clinic, "rewrap_keys", None, json!({"key": name})).await?;
        tx.commit().await?;
    }
    Ok(done)
}

/// How a clinic's columns rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The number of the key that seals; `None`: the clinic has none yet.
    pub generation: Option<i32>,
    /// The name of the KMS's key that wrapped each generation.
    pub wrapped_by: BTreeMap<i32, String>,
    /// Values by `table.column` and generation; 0: they rest plain.
    pub values: BTreeMap<String, BTreeMap<i32, i64>>,
    /// Of a rotation under way: tables still to do, and values resealed so far.
    pub rotating: Option<(i64, i64)>,
}

/// Counts every sealed value of a clinic: as long as its tables take to read.
///
/// # Errors
/// See [`AdminError`].
pub async fn status(owner: &PgPool, clinic: ClinicId) -> Result<Status, AdminError> {
    let mut tx = Identity::clinic(clinic).begin(owner).await?;
    let kept = column_key::all_in(&mut tx, clinic).await?;
    let mut status = Status {
        generation: kept.last().map(|key| key.generation),
        wrapped_by: kept.into_iter().map(|key| (key.generation, key.kms_key)).collect(),
        ..Status::default()
    };
    for (table, columns, _) in column_key::tables(&mut tx).await? {
        for column in columns {
            let text = format!(
                "SELECT coalesce(substring(v FROM E'^\\x01s([0-9]+):')::integer, 0), count(*) \
                 FROM (SELECT to_jsonb(t.{column}) #>> '{{}}' AS v FROM clinic.{table} t WHERE clinic_id = $1) t \
                 WHERE v IS NOT NULL GROUP BY 1"
            );
            let found: Vec<(i32, i64)> =
                sqlx::query_as(AssertSqlSafe(text)).bind(clinic.0).fetch_all(&mut *tx).await?;
            status.values.insert(format!("{table}.{column}"), found.into_iter().collect());
        }
    }
    let (left, resealed): (i64, i64) = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE finished_at IS NULL), coalesce(sum(resealed), 0)::bigint \
         FROM clinic.key_rotation WHERE clinic_id = $1 AND generation = $2",
    )
    .bind(clinic.0)
    .bind(status.generation)
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    status.rotating = (left > 0).then_some((left, resealed));
    Ok(status)
}
