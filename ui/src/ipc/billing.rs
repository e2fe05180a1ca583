//! A patient's account.

use wattle_protocol::ipc::billing::{AccountQuery, PatientAccount};

use super::{Answer, call};

/// `patient_account`.
pub(crate) async fn patient_account(args: AccountQuery) -> Answer<PatientAccount> {
    call("patient_account", &args).await
}
