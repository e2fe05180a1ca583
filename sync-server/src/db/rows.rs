//! Rows of the synced tables: loaded for deciding, written as decided.

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::{ClinicId, FeedClass, PatientId, PractitionerId, Row, RowChange, TableName, UtcInstant};

use super::{codec, table_sql};

/// Rows by id, in the order of their ids, locked until the transaction ends where commands write such rows.
pub(crate) async fn load(
    connection: &mut PgConnection,
    clinic: ClinicId,
    name: TableName,
    ids: &[Uuid],
) -> Result<Vec<Row>, sqlx::Error> {
    let table = name.table();
    let sql = table_sql::of(name);
    // Commands never change reference rows, logs or entries: locking them would make everybody wait for everybody.
    let locked = !table.append_only && !matches!(table.class, FeedClass::Ref | FeedClass::Admin);
    let text = if locked { &sql.rows_locked } else { &sql.rows };
    let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(text.as_str()))
        .bind(clinic.0)
        .bind(ids)
        .fetch_all(connection)
        .await?;
    found.iter().map(|text| codec::row(table, text)).collect()
}

/// The ids of a patient's rows in a table; none for a table without patients.
pub(crate) async fn ids_of_patient(
    connection: &mut PgConnection,
    clinic: ClinicId,
    name: TableName,
    patient: PatientId,
) -> Result<Vec<Uuid>, sqlx::Error> {
    if name.table().column("patient_id").is_none() {
        return Ok(Vec::new());
    }
    let text = format!("SELECT id FROM clinic.{} WHERE clinic_id = $1 AND patient_id = $2", name.as_str());
    sqlx::query_scalar(AssertSqlSafe(text)).bind(clinic.0).bind(patient.0).fetch_all(connection).await
}

/// The appointments of a practitioner that touch `[from, to)` and occupy time.
///
/// Not locked: two bookings that race meet at the exclusion constraint, and a lock on a page of the book would make
/// every booking of that practitioner wait for every step of every patient.
pub(crate) async fn book(
    connection: &mut PgConnection,
    clinic: ClinicId,
    practitioner: PractitionerId,
    from: UtcInstant,
    to: UtcInstant,
) -> Result<Vec<Row>, sqlx::Error> {
    let text = format!(
        "SELECT {} FROM clinic.appointment WHERE clinic_id = $1 AND practitioner_id = $2 \
         AND start_at < sync.instant($4) AND end_at > sync.instant($3) \
         AND start_at > sync.instant($3) - interval '24 hours' \
         AND status NOT IN ('cancelled', 'did_not_attend') AND deleted_at IS NULL",
        table_sql::of(TableName::Appointment).array
    );
    let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(text))
        .bind(clinic.0)
        .bind(practitioner.0)
        .bind(from.0)
        .bind(to.0)
        .fetch_all(connection)
        .await?;
    found.iter().map(|text| codec::row(TableName::Appointment.table(), text)).collect()
}

/// The next record number of the acting clinic; its counter stays locked until the transaction ends.
pub(crate) async fn next_record_number(connection: &mut PgConnection) -> Result<String, sqlx::Error> {
    sqlx::query_scalar("SELECT clinic.next_record_number()").fetch_one(connection).await
}

/// Writes one decided change. A change that met no row, or that names no column, is a fault.
pub(crate) async fn write(
    connection: &mut PgConnection,
    clinic: ClinicId,
    change: &RowChange,
) -> Result<(), sqlx::Error> {
    let text = match change.base_rev {
        None => table_sql::of(change.table).insert.clone(),
        Some(_) => table_sql::update(change.table.table(), &change.set).ok_or_else(|| {
            sqlx::Error::Protocol(format!("a change of {} names an unknown column", change.table.as_str()))
        })?,
    };
    let done = sqlx::query(AssertSqlSafe(text))
        .bind(clinic.0)
        .bind(change.id)
        .bind(sqlx::types::Json(&change.set))
        .execute(connection)
        .await?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(sqlx::Error::Protocol(format!("a change of {} met no row", change.table.as_str())))
    }
}
