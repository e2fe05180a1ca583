//! Connections as the migrator, for one clinic.

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, SqlSafeStr};
use wattle_domain::ClinicId;

use crate::error::Error;

/// The append-only list of staging's migrations.
const FILES: &[(i64, &str, &str)] = &[
    (1, "staging", include_str!("../../../../migrations/staging/0001_staging.sql")),
    (2, "extract", include_str!("../../../../migrations/staging/0002_extract.sql")),
    (3, "cutover", include_str!("../../../../migrations/staging/0003_cutover.sql")),
    (4, "containers", include_str!("../../../../migrations/staging/0004_containers.sql")),
    (5, "spot_check", include_str!("../../../../migrations/staging/0005_spot_check.sql")),
];

/// Connects and becomes `wattle_migrator`, seeing one clinic, which has to be there.
pub(crate) async fn connect(url: &str, clinic: ClinicId) -> Result<PgConnection, Error> {
    let options = PgConnectOptions::from_str(url).map_err(Error::db("reading the database URL"))?;
    let options = options.application_name("fm-migrate").disable_statement_logging().options([
        ("synchronous_commit", "on"),
        ("timezone", "UTC"),
        ("datestyle", "ISO"),
    ]);
    let mut connection = options.connect().await.map_err(Error::db("connecting to the database"))?;
    let ready: bool = sqlx::query_scalar(
        "SELECT to_regnamespace('staging') IS NOT NULL AND to_regproc('clinic.open_unswitched') IS NOT NULL",
    )
    .fetch_one(&mut connection)
    .await
    .map_err(Error::db("looking at the schema"))?;
    if !ready {
        return Err(Error::Refused(
            "this database has no Wattle schema, or one of an older version. Run `wattle-server migrate` against it first.".into(),
        ));
    }
    connection.execute("SET ROLE wattle_migrator").await.map_err(Error::db(
        "becoming wattle_migrator (connect as wattle_migrator, or as an administrator who may SET ROLE to it)",
    ))?;
    // Session-wide: everything this connection does is for one clinic, and by nobody: the system's own hand.
    sqlx::query("SELECT set_config('wattle.clinic', $1, false), set_config('wattle.user', '', false)")
        .bind(clinic.to_string())
        .execute(&mut connection)
        .await
        .map_err(Error::db("choosing the clinic"))?;
    let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM clinic.clinic WHERE clinic_id = $1)")
        .bind(clinic.0)
        .fetch_one(&mut connection)
        .await
        .map_err(Error::db("looking for the clinic"))?;
    if !there {
        // A mistyped id would bring a whole clinic under it, that nobody finds again.
        return Err(Error::Refused(format!(
            "this database has no clinic {clinic}. Copy its id from what `wattle-server clinic create` printed; where there is \
             none yet, make it with that command first."
        )));
    }
    Ok(connection)
}

/// Makes staging's tables, and keeps out a second import: two at once would stage and merge the same records.
pub(crate) async fn prepare(connection: &mut PgConnection) -> Result<(), Error> {
    // The step before this one may have ended a moment ago: PostgreSQL lets go of its lock when it notices.
    let mut alone = false;
    for _ in 0..100 {
        alone = sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtextextended('wattle fm-migrate', 0))")
            .fetch_one(&mut *connection)
            .await
            .map_err(Error::db("asking whether another import runs"))?;
        if alone {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    if !alone {
        return Err(Error::Refused("another import is running on this database; wait for it to end.".into()));
    }
    make_tables(connection).await
}

/// Makes staging's tables, and nothing else.
pub(crate) async fn make_tables(connection: &mut PgConnection) -> Result<(), Error> {
    let migrations = FILES.iter().map(|&(version, name, sql)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.dangerous_set_table_name("staging.schema_migration");
    let done = migrator.run_direct(None, connection, false).await;
    done.map_err(|e| Error::Refused(format!("the staging tables cannot be made: {e}")))
}

/// Under which connections that copy files beside one another are known.
const LANE: &str = "hashtextextended('wattle fm-migrate lane', 0)";

/// Waits for the lanes of a copy that was killed: PostgreSQL may still be at what one of them said last.
pub(crate) async fn wait_for_lanes(connection: &mut PgConnection) -> Result<(), Error> {
    let sql = format!("SELECT pg_advisory_lock({LANE}), pg_advisory_unlock({LANE})");
    let waited = connection.execute(AssertSqlSafe(sql)).await;
    waited.map(drop).map_err(Error::db("waiting for the copy before this one"))
}

/// Makes a connection one of these, to its end.
pub(crate) async fn share_lane(connection: &mut PgConnection) -> Result<(), Error> {
    let sql = format!("SELECT pg_advisory_lock_shared({LANE})");
    connection.execute(AssertSqlSafe(sql)).await.map(drop).map_err(Error::db("beginning to copy files"))
}
