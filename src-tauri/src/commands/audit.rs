//! The logs. See `wattle_protocol::ipc::audit`.

use tauri::{AppHandle, WebviewWindow};
use wattle_protocol::ipc::audit::{AuditPage, AuditQuery, ExportAudit, Exported};
use wattle_protocol::ipc::{CommandError, FaultCode};

use super::{Answer, Desk, where_to};

/// A page of them, newest first.
#[tauri::command]
pub(crate) async fn audit(desk: Desk<'_>, args: AuditQuery) -> Answer<AuditPage> {
    Ok(desk.audit(args).await?)
}

/// All that agree, as comma-separated values; `None` when the person was asked where and thought better of it.
#[tauri::command]
pub(crate) async fn export_audit(
    app: AppHandle,
    window: WebviewWindow,
    desk: Desk<'_>,
    args: ExportAudit,
) -> Answer<Option<Exported>> {
    let name = desk.audit_export_name().await?;
    let path = if args.ask {
        where_to::ask(&app, &window, "Save the log", name, ("Comma-separated values", "csv")).await
    } else {
        let folder = where_to::downloads().ok_or(CommandError::new(FaultCode::NotSaved))?;
        Some(folder.join(name))
    };
    match path {
        Some(path) => Ok(Some(desk.export_audit(args.query, &path).await?)),
        None => Ok(None),
    }
}
