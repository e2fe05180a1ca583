//! What the command line does goes into the log of access, in the transaction that does it: the account of the database
//! answers for it, as nobody has signed in.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use wattle_domain::ClinicId;

use crate::db::access::{self, Access};

/// Appends an entry; `detail` is an object of words and ids of ours.
pub(crate) async fn note(
    connection: &mut PgConnection,
    clinic: ClinicId,
    action: &'static str,
    subject: Option<Uuid>,
    mut detail: Value,
) -> Result<(), sqlx::Error> {
    let (account, at): (String, DateTime<Utc>) =
        sqlx::query_as("SELECT session_user::text, date_trunc('milliseconds', now())")
            .fetch_one(&mut *connection)
            .await?;
    if let Some(detail) = detail.as_object_mut() {
        detail.insert("from".into(), json!("command_line"));
        detail.insert("database_account".into(), json!(account));
    }
    let access = Access { action, user: None, workstation: None, subject, detail };
    access::append(connection, clinic, at, access).await
}
