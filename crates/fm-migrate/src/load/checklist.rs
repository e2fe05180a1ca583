//! The checklist of a cutover in staging, and what was written in Wattle since the switch.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::{ClinicId, Table, TableName};

use crate::error::Error;

/// A cutover that is under way or done.
#[derive(Clone, Debug)]
pub(crate) struct Cutover {
    pub(crate) id: Uuid,
    pub(crate) rehearsal: bool,
    pub(crate) switched_at: Option<DateTime<Utc>>,
    pub(crate) ended: bool,
}

type Stored = (Uuid, bool, Option<DateTime<Utc>>, bool);

fn cutover((id, rehearsal, switched_at, ended): Stored) -> Cutover {
    Cutover { id, rehearsal, switched_at, ended }
}

/// The latest one that was not undone; rehearsals that are over do not count.
pub(crate) async fn latest(
    connection: &mut PgConnection,
    clinic: ClinicId,
) -> Result<Option<Cutover>, Error> {
    let found: Option<Stored> = sqlx::query_as(
        "SELECT id, rehearsal, switched_at, ended_at IS NOT NULL FROM staging.cutover
         WHERE clinic_id = $1 AND undone_at IS NULL AND NOT (rehearsal AND ended_at IS NOT NULL) ORDER BY id DESC LIMIT 1",
    )
    .bind(clinic.0)
    .fetch_optional(connection)
    .await
    .map_err(Error::db("looking for a cutover"))?;
    Ok(found.map(cutover))
}

/// Begins one.
pub(crate) async fn begin(
    connection: &mut PgConnection,
    clinic: ClinicId,
    rehearsal: bool,
) -> Result<Cutover, Error> {
    let id = Uuid::now_v7();
    sqlx::query("INSERT INTO staging.cutover (id, clinic_id, rehearsal) VALUES ($1, $2, $3)")
        .bind(id)
        .bind(clinic.0)
        .bind(rehearsal)
        .execute(connection)
        .await
        .map_err(Error::db("beginning a cutover"))?;
    Ok(Cutover { id, rehearsal, switched_at: None, ended: false })
}

/// A step that is done.
pub(crate) struct Done {
    /// What it said.
    pub(crate) report: Value,
    /// How long it took.
    pub(crate) seconds: f64,
}

impl Cutover {
    /// A step that is done; `None` while it is not.
    pub(crate) async fn done(
        &self,
        connection: &mut PgConnection,
        step: &str,
    ) -> Result<Option<Done>, Error> {
        let found: Option<(Value, f64)> = sqlx::query_as(
            "SELECT report, extract(epoch FROM done_at - began_at)::float8 FROM staging.cutover_step
             WHERE cutover_id = $1 AND step = $2",
        )
        .bind(self.id)
        .bind(step)
        .fetch_optional(connection)
        .await
        .map_err(Error::db("reading the checklist"))?;
        Ok(found.map(|(report, seconds)| Done { report, seconds: seconds.max(0.0) }))
    }

    /// Ticks a step. The switch and the tick are one.
    pub(crate) async fn tick(
        &mut self,
        connection: &mut PgConnection,
        (step, switches, ends): (&str, bool, bool),
        (by, began_at): (&str, DateTime<Utc>),
        report: &Value,
    ) -> Result<(), Error> {
        let sql = "WITH ticked AS (INSERT INTO staging.cutover_step (cutover_id, step, by_name, began_at, report)
                       VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING)
                   UPDATE staging.cutover SET switched_at = CASE WHEN $6 THEN clock_timestamp() ELSE switched_at END,
                       ended_at = CASE WHEN $7 THEN clock_timestamp() ELSE ended_at END
                   WHERE id = $1 RETURNING switched_at";
        self.switched_at = sqlx::query_scalar(sql)
            .bind(self.id)
            .bind(step)
            .bind(by)
            .bind(began_at)
            .bind(report)
            .bind(switches)
            .bind(ends)
            .fetch_one(connection)
            .await
            .map_err(Error::db("ticking a step"))?;
        self.ended = ends;
        Ok(())
    }

    /// Strikes steps that prove nothing any more: they are run again.
    pub(crate) async fn strike(&self, connection: &mut PgConnection, steps: &[&str]) -> Result<(), Error> {
        sqlx::query("DELETE FROM staging.cutover_step WHERE cutover_id = $1 AND step = ANY ($2)")
            .bind(self.id)
            .bind(steps)
            .execute(connection)
            .await
            .map(drop)
            .map_err(Error::db("striking steps"))
    }

    /// Marks it as undone.
    pub(crate) async fn undo(&self, connection: &mut PgConnection, by: &str) -> Result<(), Error> {
        sqlx::query("UPDATE staging.cutover SET undone_at = clock_timestamp(), undone_by = $2 WHERE id = $1")
            .bind(self.id)
            .bind(by)
            .execute(connection)
            .await
            .map(drop)
            .map_err(Error::db("undoing a cutover"))
    }
}

/// What no person writes by working: the clinic's own row and names of users are made by its keeper, and the logs say what
/// other rows do; looking at a patient changes nothing.
const NOT_WORK: [TableName; 5] = [
    TableName::Clinic,
    TableName::UserName,
    TableName::AuditEvent,
    TableName::AccessEvent,
    TableName::FormerEvent,
];

/// Tables in which people write by working.
pub(crate) fn worked_in() -> impl Iterator<Item = TableName> {
    TableName::ALL.iter().copied().filter(|name| !NOT_WORK.contains(name))
}

/// Rows of a table that people wrote in Wattle since a moment, oldest first.
pub(crate) async fn written_since(
    connection: &mut PgConnection,
    clinic: ClinicId,
    table: &'static Table,
    since: DateTime<Utc>,
) -> Result<Vec<Uuid>, Error> {
    let sql = format!(
        "SELECT id FROM clinic.{} WHERE clinic_id = $1 AND updated_at >= date_trunc('milliseconds', $2)
             AND (created_by IS NOT NULL OR updated_by IS NOT NULL) ORDER BY updated_at, id",
        table.sql
    );
    let ids = sqlx::query_scalar(AssertSqlSafe(sql)).bind(clinic.0).bind(since).fetch_all(connection).await;
    ids.map_err(Error::db("looking for what was written since the switch"))
}
