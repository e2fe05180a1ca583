//! Restricted records.

use wattle_domain::commands::{BreakGlass, RestrictPatient, SeeGlass};
use wattle_protocol::ipc::Written;
use wattle_protocol::ipc::patients::{PatientQuery, RestrictionForm};

use super::{Answer, call};

/// `restriction`.
pub(crate) async fn restriction(args: PatientQuery) -> Answer<RestrictionForm> {
    call("restriction", &args).await
}

/// `restrict_patient`.
pub(crate) async fn restrict_patient(args: RestrictPatient) -> Answer<Written> {
    call("restrict_patient", &args).await
}

/// `break_glass`.
pub(crate) async fn break_glass(args: BreakGlass) -> Answer<Written> {
    call("break_glass", &args).await
}

/// `see_glass`.
pub(crate) async fn see_glass(args: SeeGlass) -> Answer<Written> {
    call("see_glass", &args).await
}
