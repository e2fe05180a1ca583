//! Entries of the audit log. The database chains them.

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use sqlx::types::Json;
use wattle_domain::entities::AuditEvent;
use wattle_domain::{ClinicId, Entity, TableName};

use super::table_sql;

/// Appends entries in their order. Called last in a transaction: from here on the clinic's chain is locked.
pub(crate) async fn append(
    connection: &mut PgConnection,
    clinic: ClinicId,
    entries: &[AuditEvent],
) -> Result<(), sqlx::Error> {
    for entry in entries {
        sqlx::query(AssertSqlSafe(table_sql::of(TableName::AuditEvent).insert.as_str()))
            .bind(clinic.0)
            .bind(entry.id)
            .bind(Json(entry.to_fields()))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
