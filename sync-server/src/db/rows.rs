//! Rows of the synced tables, loaded for deciding.

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::{ClinicId, FeedClass, PractitionerId, Row, Table, TableName, UtcInstant};

use super::{codec, table_sql};
use crate::seal::Sealer;

/// Rows by id, in the order of their ids, locked until the transaction ends where commands write such rows.
pub(crate) async fn load(
    connection: &mut PgConnection,
    sealer: &Sealer,
    name: TableName,
    ids: &[Uuid],
) -> Result<Vec<Row>, sqlx::Error> {
    let table = name.table();
    let sql = table_sql::of(name);
    // Commands seldom change reference rows, and never logs or entries: locking them would make everybody wait for everybody.
    // Of two who change somebody's column in the same instant the later word holds.
    let written = !table.append_only && !matches!(table.class, FeedClass::Ref | FeedClass::Admin);
    // A locking read shows only what its author may also change, and these are read by who may not: of two words the later
    // holds, whoever waited.
    let locked = written && !matches!(name, TableName::Restriction | TableName::BrokenGlass);
    let text = if locked { &sql.rows_locked } else { &sql.rows };
    let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(text.as_str()))
        .bind(sealer.clinic().0)
        .bind(ids)
        .fetch_all(connection)
        .await?;
    found.iter().map(|text| open(sealer, table, text)).collect()
}

/// The ids of some patients' rows in a table; none for a table without patients.
pub(crate) async fn ids_of_patients(
    connection: &mut PgConnection,
    clinic: ClinicId,
    name: TableName,
    patients: &[Uuid],
) -> Result<Vec<Uuid>, sqlx::Error> {
    if name.table().column("patient_id").is_none() {
        return Ok(Vec::new());
    }
    let text =
        format!("SELECT id FROM clinic.{} WHERE clinic_id = $1 AND patient_id = ANY ($2)", name.as_str());
    sqlx::query_scalar(AssertSqlSafe(text)).bind(clinic.0).bind(patients).fetch_all(connection).await
}

/// A stretch of a practitioner's book, `[from, to)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stretch {
    pub practitioner: PractitionerId,
    pub from: UtcInstant,
    pub to: UtcInstant,
}

/// The appointments that touch some stretches of the book and occupy time; one that touches several comes several times.
///
/// Not locked: two bookings that race meet at the exclusion constraint, and a lock on a page of the book would make
/// every booking of that practitioner wait for every step of every patient.
///
/// The instants are worked out before the join: under row-level security PostgreSQL puts only leakproof conditions into
/// an index scan, which comparisons are and arithmetic is not; with it inside, each booking read the practitioner's
/// whole book.
pub(crate) async fn book(
    connection: &mut PgConnection,
    sealer: &Sealer,
    stretches: &[Stretch],
) -> Result<Vec<Row>, sqlx::Error> {
    let text = format!(
        "WITH s AS MATERIALIZED (SELECT practitioner, sync.instant(starts) AS starts, sync.instant(ends) AS ends, \
         sync.instant(starts) - interval '24 hours' AS earliest \
         FROM unnest($2::uuid[], $3::bigint[], $4::bigint[]) AS s (practitioner, starts, ends)) \
         SELECT a.found FROM s, \
         LATERAL (SELECT {} AS found FROM clinic.appointment WHERE clinic_id = $1 AND practitioner_id = s.practitioner \
         AND start_at < s.ends AND start_at > s.earliest AND end_at > s.starts \
         AND status NOT IN ('cancelled', 'did_not_attend') AND deleted_at IS NULL) a",
        table_sql::of(TableName::Appointment).array
    );
    let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(text))
        .bind(sealer.clinic().0)
        .bind(stretches.iter().map(|s| s.practitioner.0).collect::<Vec<_>>())
        .bind(stretches.iter().map(|s| s.from.0).collect::<Vec<_>>())
        .bind(stretches.iter().map(|s| s.to.0).collect::<Vec<_>>())
        .fetch_all(connection)
        .await?;
    found.iter().map(|text| open(sealer, TableName::Appointment.table(), text)).collect()
}

fn open(sealer: &Sealer, table: &'static Table, text: &str) -> Result<Row, sqlx::Error> {
    let mut row = codec::row(table, text)?;
    sealer.open_row(table, &mut row)?;
    Ok(row)
}

/// The next so many record numbers of the acting clinic; its counter stays locked until the transaction ends.
pub(crate) async fn next_record_numbers(
    connection: &mut PgConnection,
    count: i32,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT clinic.next_record_numbers($1)").bind(count).fetch_one(connection).await
}
