//! Entries of the log of access. The database chains them.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;
use wattle_domain::entities::AccessEvent;
use wattle_domain::{ClinicId, Entity, TableName, UserId, WorkstationId};

use super::table_sql;

/// Something that is logged.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    /// The word for it.
    pub action: &'static str,
    /// Who did it.
    pub user: Option<UserId>,
    /// Where.
    pub workstation: Option<WorkstationId>,
    /// Whom or what it was done to.
    pub subject: Option<Uuid>,
    /// Words and ids of ours.
    pub detail: Value,
}

impl Access {
    /// An act of somebody at a workstation.
    pub fn by(action: &'static str, user: UserId, workstation: WorkstationId) -> Self {
        Self { action, user: Some(user), workstation: Some(workstation), subject: None, detail: json!({}) }
    }

    /// The same, done to somebody or something.
    pub fn on(self, subject: Uuid) -> Self {
        Self { subject: Some(subject), ..self }
    }

    /// The same with more to say.
    pub fn with(self, detail: Value) -> Self {
        Self { detail, ..self }
    }
}

/// Appends an entry. Called late in a transaction: from here on the chain is locked.
pub(crate) async fn append(
    connection: &mut PgConnection,
    clinic: ClinicId,
    at: DateTime<Utc>,
    access: Access,
) -> Result<(), sqlx::Error> {
    append_as(connection, clinic, at, Uuid::now_v7(), access).await
}

/// The same under an id that somebody else gave: a unique violation says that it is there already, and the transaction must be
/// undone, because the chain has moved.
pub(crate) async fn append_as(
    connection: &mut PgConnection,
    clinic: ClinicId,
    at: DateTime<Utc>,
    id: Uuid,
    access: Access,
) -> Result<(), sqlx::Error> {
    let entry = AccessEvent {
        id,
        at: at.into(),
        user_id: access.user,
        workstation_id: access.workstation,
        action: access.action.to_owned(),
        subject_id: access.subject,
        patient_id: None,
        reason: None,
        detail: access.detail,
        prev_hash: String::new(),
        hash: String::new(),
    };
    let rows = [json!({"id": entry.id, "fields": entry.to_fields()})];
    sqlx::query(AssertSqlSafe(table_sql::of(TableName::AccessEvent).insert.as_str()))
        .bind(clinic.0)
        .bind(Json(rows))
        .execute(connection)
        .await?;
    Ok(())
}
