//! Whether the server takes what people write: closed until the switch, open from it on.
//!
//! Owns: the calls of the functions of `migrations/server/0052_switchover.sql` and `0062_unswitched.sql`, which hold the rules. Called by: `import`,
//! `cutover`.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnection;
use wattle_domain::ClinicId;

use crate::error::Error;

/// Closes the clinic until the switch, unless people work in it already or it was switched over; whether it is closed now.
pub(crate) async fn close(connection: &mut PgConnection) -> Result<bool, Error> {
    let closed = sqlx::query_scalar("SELECT clinic.close_until_switch()").fetch_one(connection).await;
    closed.map_err(Error::db("closing the clinic until the switch"))
}

/// Opens it. In the transaction that ticks the switch.
pub(crate) async fn open(connection: &mut PgConnection) -> Result<(), Error> {
    let opened = sqlx::query("SELECT clinic.open_at_switch()").execute(connection).await;
    opened.map(drop).map_err(Error::db("opening the clinic"))
}

/// Closes it again; false when a command of somebody's has changed something since the switch. Until the transaction ends no
/// push is decided.
pub(crate) async fn close_again(connection: &mut PgConnection) -> Result<bool, Error> {
    let closed = sqlx::query_scalar("SELECT clinic.close_again()").fetch_one(connection).await;
    closed.map_err(Error::db("closing the clinic again"))
}

/// Opens it as it was before anybody closed it. In the transaction that undoes a cutover.
pub(crate) async fn open_unswitched(connection: &mut PgConnection) -> Result<(), Error> {
    let opened = sqlx::query("SELECT clinic.open_unswitched()").execute(connection).await;
    opened.map(drop).map_err(Error::db("opening the clinic again"))
}

/// Whether it is closed now.
pub(crate) async fn is_closed(connection: &mut PgConnection, clinic: ClinicId) -> Result<bool, Error> {
    let closed = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM clinic.switchover WHERE clinic_id = $1 AND switched_at IS NULL)",
    )
    .bind(clinic.0)
    .fetch_one(connection)
    .await;
    closed.map_err(Error::db("looking whether the clinic is closed"))
}

/// Since when it was closed; `None` for a clinic that never was.
pub(crate) async fn closed_since(
    connection: &mut PgConnection,
    clinic: ClinicId,
) -> Result<Option<DateTime<Utc>>, Error> {
    let since = sqlx::query_scalar("SELECT closed_at FROM clinic.switchover WHERE clinic_id = $1")
        .bind(clinic.0)
        .fetch_optional(connection)
        .await;
    since.map_err(Error::db("reading since when the clinic is closed"))
}
