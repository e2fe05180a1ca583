//! Brings a database to this version: roles, the numbered migrations, the grants of [`wattle_domain::Role`].

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, SqlSafeStr};
use wattle_domain::Role;

use super::connect::options;

/// Runs as the connecting administrator, every time.
const BOOTSTRAP: &str = include_str!("../../../migrations/server/bootstrap.sql");

/// The append-only list of migrations.
const FILES: &[(i64, &str, &str)] = &[
    (1, "settings", include_str!("../../../migrations/server/0001_settings.sql")),
    (2, "accounts", include_str!("../../../migrations/server/0002_accounts.sql")),
    (3, "feed", include_str!("../../../migrations/server/0003_feed.sql")),
    (4, "protection", include_str!("../../../migrations/server/0004_protection.sql")),
    (5, "clinic", include_str!("../../../migrations/server/0005_clinic.sql")),
    (6, "server tables", include_str!("../../../migrations/server/0006_server_tables.sql")),
    (7, "pending attempts", include_str!("../../../migrations/server/0007_pending_attempts.sql")),
    (8, "replicas and cursors", include_str!("../../../migrations/server/0008_replicas_and_cursors.sql")),
    (9, "commit uid", include_str!("../../../migrations/server/0009_commit_uid.sql")),
    (10, "compaction", include_str!("../../../migrations/server/0010_compaction.sql")),
    (12, "access", include_str!("../../../migrations/server/0012_access.sql")),
    (13, "oldest write", include_str!("../../../migrations/server/0013_oldest_write.sql")),
    (14, "images", include_str!("../../../migrations/server/0014_images.sql")),
    (15, "kept plans", include_str!("../../../migrations/server/0015_kept_plans.sql")),
    (16, "access event", include_str!("../../../migrations/server/0016_access_event.sql")),
    (17, "admin", include_str!("../../../migrations/server/0017_admin.sql")),
    (18, "data key", include_str!("../../../migrations/server/0018_data_key.sql")),
    (19, "sealed columns", include_str!("../../../migrations/server/0019_sealed_columns.sql")),
    (21, "clinical record", include_str!("../../../migrations/server/0021_clinical_record.sql")),
    (26, "second factor", include_str!("../../../migrations/server/0026_second_factor.sql")),
    (27, "openid", include_str!("../../../migrations/server/0027_openid.sql")),
    (28, "sealed record", include_str!("../../../migrations/server/0028_sealed_record.sql")),
    (29, "documents", include_str!("../../../migrations/server/0029_documents.sql")),
    (32, "restricted records", include_str!("../../../migrations/server/0032_restricted_records.sql")),
    (33, "sealed reference", include_str!("../../../migrations/server/0033_sealed_reference.sql")),
    (35, "letters and results", include_str!("../../../migrations/server/0035_letters_and_results.sql")),
    (36, "attempts by mark", include_str!("../../../migrations/server/0036_attempts_by_mark.sql")),
    (37, "place once", include_str!("../../../migrations/server/0037_place_once.sql")),
    (38, "own password", include_str!("../../../migrations/server/0038_own_password.sql")),
    (40, "containers", include_str!("../../../migrations/server/0040_containers.sql")),
    (41, "practitioners", include_str!("../../../migrations/server/0041_practitioners.sql")),
    (42, "revoked workstations", include_str!("../../../migrations/server/0042_revoked_workstations.sql")),
    (45, "letter templates", include_str!("../../../migrations/server/0045_letter_templates.sql")),
    (46, "jobs", include_str!("../../../migrations/server/0046_jobs.sql")),
    (49, "record numbers", include_str!("../../../migrations/server/0049_record_numbers.sql")),
    (50, "plain values", include_str!("../../../migrations/server/0050_plain_values.sql")),
    (51, "pass", include_str!("../../../migrations/server/0051_pass.sql")),
    (52, "switchover", include_str!("../../../migrations/server/0052_switchover.sql")),
    (54, "read models", include_str!("../../../migrations/server/0054_read_models.sql")),
    (55, "record ids", include_str!("../../../migrations/server/0055_record_ids.sql")),
    (56, "statistics", include_str!("../../../migrations/server/0056_statistics.sql")),
    (57, "stamp by default", include_str!("../../../migrations/server/0057_stamp_by_default.sql")),
    (58, "billing", include_str!("../../../migrations/server/0058_billing.sql")),
    (59, "lean indices", include_str!("../../../migrations/server/0059_lean_indices.sql")),
    (60, "former log", include_str!("../../../migrations/server/0060_former_log.sql")),
    (61, "every clinic", include_str!("../../../migrations/server/0061_every_clinic.sql")),
    (62, "unswitched", include_str!("../../../migrations/server/0062_unswitched.sql")),
];

/// Why a database could not be brought to this version.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database refused or went away.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// A migration failed, or the database was migrated by another version.
    #[error("migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

/// What a migration run did.
#[derive(Clone, Copy, Debug)]
pub struct Migrated {
    /// Migrations that were new.
    pub applied: i64,
    /// The version of the schema now.
    pub version: i64,
}

/// The passwords that the login roles get; a role whose password is `None` keeps the one it has.
#[derive(Clone, Debug, Default)]
pub struct LoginPasswords {
    /// For `wattle_app`.
    pub app: Option<String>,
    /// For `wattle_migrator`.
    pub migrator: Option<String>,
}

/// Migrates a database; running it again changes nothing.
///
/// # Errors
/// See [`MigrateError`].
pub async fn migrate(owner_url: &str, passwords: &LoginPasswords) -> Result<Migrated, MigrateError> {
    let mut connection = options(owner_url)?.application_name("wattle-server-migrate").connect().await?;
    connection.execute(BOOTSTRAP).await?;
    for (role, password) in [("wattle_app", &passwords.app), ("wattle_migrator", &passwords.migrator)] {
        if let Some(password) = password {
            set_password(&mut connection, role, password).await?;
        }
    }
    connection.execute("SET ROLE wattle_owner").await?;
    let migrator = migrator();
    let before = count(&mut connection).await?;
    migrator.run_direct(None, &mut connection, false).await?;
    seed_roles(&mut connection).await?;
    let version = FILES.last().map_or(0, |f| f.0);
    let applied = count(&mut connection).await? - before;
    connection.close().await?;
    Ok(Migrated { applied, version })
}

fn migrator() -> Migrator {
    let migrations = FILES.iter().map(|&(version, name, sql)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.create_schema("sync");
    migrator.dangerous_set_table_name("sync.schema_migration");
    migrator
}

async fn count(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    let there: bool = sqlx::query_scalar("SELECT to_regclass('sync.schema_migration') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if !there {
        return Ok(0);
    }
    sqlx::query_scalar("SELECT count(*) FROM sync.schema_migration").fetch_one(connection).await
}

/// PostgreSQL takes no parameter here, so the server quotes it itself; it stores a SCRAM verifier, not the text.
async fn set_password(connection: &mut PgConnection, role: &str, password: &str) -> Result<(), sqlx::Error> {
    let statement: String =
        sqlx::query_scalar("SELECT format('ALTER ROLE %I LOGIN PASSWORD %L', $1::text, $2::text)")
            .bind(role)
            .bind(password)
            .fetch_one(&mut *connection)
            .await?;
    // Roles belong to the cluster: another database that is migrated right now may be altering the same row.
    let mut last = None;
    for _ in 0..20 {
        match connection.execute(sqlx::raw_sql(AssertSqlSafe(statement.as_str()))).await {
            Ok(_) => return Ok(()),
            Err(error) if error.to_string().contains("tuple concurrently updated") => last = Some(error),
            Err(error) => return Err(error),
        }
    }
    last.map_or(Ok(()), Err)
}

/// The database's grants are those of the domain, no more and no less.
async fn seed_roles(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let (mut class_roles, mut classes) = (Vec::new(), Vec::new());
    let (mut grant_roles, mut nouns, mut actions) = (Vec::new(), Vec::new(), Vec::new());
    for role in Role::ALL {
        for class in role.classes() {
            class_roles.push(role.as_str().to_owned());
            classes.push(class.as_str().to_owned());
        }
        for (noun, action) in role.grants() {
            grant_roles.push(role.as_str().to_owned());
            nouns.push(word(&noun));
            actions.push(word(&action));
        }
    }
    let mut tx = connection.begin().await?;
    tx.execute("DELETE FROM clinic.role_class; DELETE FROM clinic.role_grant").await?;
    sqlx::query("INSERT INTO clinic.role_class (role, class) SELECT * FROM unnest($1::text[], $2::text[])")
        .bind(class_roles)
        .bind(classes)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "INSERT INTO clinic.role_grant (role, noun, action) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])",
    )
    .bind(grant_roles)
    .bind(nouns)
    .bind(actions)
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}

/// The snake_case word that an enum is written as.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}
