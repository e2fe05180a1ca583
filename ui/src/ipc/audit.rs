//! The logs.

use wattle_protocol::ipc::audit::{AuditPage, AuditQuery, ExportAudit, Exported};

use super::{Answer, call};

/// `audit`.
pub(crate) async fn audit(args: AuditQuery) -> Answer<AuditPage> {
    call("audit", &args).await
}

/// `export_audit`; `None` when the person was asked where and thought better of it.
pub(crate) async fn export_audit(args: ExportAudit) -> Answer<Option<Exported>> {
    call("export_audit", &args).await
}
