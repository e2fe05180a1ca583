//! The inbox of results.

use wattle_domain::commands::{ActionResult, RecordResult};
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::results::{Inbox, InboxQuery};

use super::{Answer, call};

/// `results`.
pub(crate) async fn results(args: InboxQuery) -> Answer<Inbox> {
    call("results", &args).await
}

/// `record_result`.
pub(crate) async fn record_result(args: RecordResult) -> Answer<Written> {
    call("record_result", &args).await
}

/// `action_result`.
pub(crate) async fn action_result(args: ActionResult) -> Answer<Written> {
    call("action_result", &args).await
}
