//! What a wrapped key is bound to: in another row than its own it opens nothing.

use uuid::Uuid;
use wattle_domain::{ClinicId, UserId, WorkstationId};

/// The key of a workstation's file.
pub(crate) fn of_file(clinic: ClinicId, workstation: WorkstationId, id: Uuid) -> Vec<u8> {
    [b"data key".as_slice(), clinic.0.as_bytes(), workstation.0.as_bytes(), id.as_bytes()].concat()
}

/// The key of a clinic's sealed columns.
pub(crate) fn of_columns(clinic: ClinicId, generation: i32) -> Vec<u8> {
    [b"column key".as_slice(), clinic.0.as_bytes(), &generation.to_be_bytes()].concat()
}

/// The secret of an account's authenticator app.
pub(crate) fn of_second_factor(clinic: ClinicId, user: UserId) -> Vec<u8> {
    [b"second factor".as_slice(), clinic.0.as_bytes(), user.0.as_bytes()].concat()
}
