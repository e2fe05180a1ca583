//! One file per verb: its arguments, what it reads, what it does.

mod appointment_step;
mod book_appointment;
mod cancel_appointment;
mod edit_patient;
mod finish_consultation;
mod mark_did_not_attend;
mod note_access;
mod note_export;
mod patient_parts;
mod record_arrival;
mod register_patient;
mod reschedule_appointment;
mod resolve_conflict;
mod start_consultation;

pub use book_appointment::BookAppointment;
pub use cancel_appointment::CancelAppointment;
pub use edit_patient::{EditPatient, FieldEdit};
pub use finish_consultation::FinishConsultation;
pub use mark_did_not_attend::MarkDidNotAttend;
pub use note_access::{Access, NoteAccess};
pub use note_export::{Exported, NoteExport};
pub use patient_parts::{NewAddress, NewAlert, NewContact, NewIdentifier, PatientParts};
pub use record_arrival::RecordArrival;
pub use register_patient::{PatientDetails, RegisterPatient};
pub use reschedule_appointment::{RescheduleAppointment, Slot};
pub use resolve_conflict::{Choice, ResolveConflict};
pub use start_consultation::StartConsultation;
