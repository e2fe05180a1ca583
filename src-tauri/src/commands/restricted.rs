//! Restricted records. See `wattle_protocol::ipc::patients`.

use wattle_domain::commands::{BreakGlass, RestrictPatient, SeeGlass};
use wattle_protocol::ipc::{
    Written,
    patients::{PatientQuery, RestrictionForm},
};

use super::{Answer, Desk};

/// To whom a record is open.
#[tauri::command]
pub(crate) async fn restriction(desk: Desk<'_>, args: PatientQuery) -> Answer<RestrictionForm> {
    Ok(desk.restriction(args).await?)
}

/// Shuts a record to all but some, or opens it to all again.
#[tauri::command]
pub(crate) async fn restrict_patient(desk: Desk<'_>, args: RestrictPatient) -> Answer<Written> {
    Ok(desk.restrict_patient(args).await?)
}

/// Opens a restricted record for an hour.
#[tauri::command]
pub(crate) async fn break_glass(desk: Desk<'_>, args: BreakGlass) -> Answer<Written> {
    Ok(desk.break_glass(args).await?)
}

/// The notice of it was looked at.
#[tauri::command]
pub(crate) async fn see_glass(desk: Desk<'_>, args: SeeGlass) -> Answer<Written> {
    Ok(desk.see_glass(args).await?)
}
