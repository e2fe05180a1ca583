//! Entries of the audit log. The database chains them.

use serde_json::{Value, json};
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
    if entries.is_empty() {
        return Ok(());
    }
    let rows: Vec<Value> =
        entries.iter().map(|entry| json!({"id": entry.id, "fields": entry.to_fields()})).collect();
    sqlx::query(AssertSqlSafe(table_sql::of(TableName::AuditEvent).insert.as_str()))
        .bind(clinic.0)
        .bind(Json(rows))
        .execute(connection)
        .await?;
    Ok(())
}
