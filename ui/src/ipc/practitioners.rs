//! Who sees patients.

use wattle_domain::commands::{EditPractitioner, RecordPractitioner};
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::practitioners::Roster;

use super::{Answer, ask, call};

/// `practitioners`.
pub(crate) async fn practitioners() -> Answer<Roster> {
    ask("practitioners").await
}

/// `record_practitioner`.
pub(crate) async fn record_practitioner(args: RecordPractitioner) -> Answer<Written> {
    call("record_practitioner", &args).await
}

/// `edit_practitioner`.
pub(crate) async fn edit_practitioner(args: EditPractitioner) -> Answer<Written> {
    call("edit_practitioner", &args).await
}
