//! The clinic's own row, and its counter of record numbers.

use sqlx::postgres::PgConnection;
use wattle_domain::ClinicId;

use crate::error::Error;
use crate::mapping::ClinicFacts;

/// The IANA zone that the clinic in the database lives by.
pub(crate) async fn time_zone(connection: &mut PgConnection, clinic: ClinicId) -> Result<String, Error> {
    sqlx::query_scalar("SELECT time_zone FROM clinic.clinic WHERE clinic_id = $1")
        .bind(clinic.0)
        .fetch_one(connection)
        .await
        .map_err(Error::db("reading the clinic"))
}

/// What the server's admin has not said of the clinic, the mapping says.
pub(crate) async fn say_more(
    connection: &mut PgConnection,
    clinic: ClinicId,
    facts: &ClinicFacts,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE clinic.clinic SET abn = coalesce(abn, $2), state = coalesce(state, $3)
         WHERE clinic_id = $1 AND (abn IS NULL AND $2::text IS NOT NULL OR state IS NULL AND $3::text IS NOT NULL)",
    )
    .bind(clinic.0)
    .bind(&facts.abn)
    .bind(&facts.state)
    .execute(connection)
    .await
    .map(drop)
    .map_err(Error::db("saying what the clinic is"))
}

/// New patients get numbers above the imported ones.
pub(crate) async fn raise_record_numbers(
    connection: &mut PgConnection,
    clinic: ClinicId,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO clinic.counter AS c (clinic_id, name, value)
         SELECT $1, 'record_number', max(record_number::bigint) FROM clinic.patient
         WHERE clinic_id = $1 AND record_number ~ '^[0-9]{1,12}$' HAVING count(*) > 0
         ON CONFLICT (clinic_id, name) DO UPDATE SET value = excluded.value WHERE c.value < excluded.value",
    )
    .bind(clinic.0)
    .execute(connection)
    .await
    .map(drop)
    .map_err(Error::db("setting the counter of record numbers"))
}
