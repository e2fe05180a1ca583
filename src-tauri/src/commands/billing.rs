//! A patient's account. See `wattle_protocol::ipc::billing`.

use wattle_protocol::ipc::billing::{AccountQuery, PatientAccount};

use super::{Answer, Desk};

/// What was billed for a patient's treatment, and what was paid.
#[tauri::command]
pub(crate) async fn patient_account(desk: Desk<'_>, args: AccountQuery) -> Answer<PatientAccount> {
    Ok(desk.patient_account(args).await?)
}
