//! One struct per synced table. A field here is a column in both stores.

mod access_event;
mod address;
mod alert;
mod appointment;
mod appointment_event;
mod appointment_type;
mod audit_event;
mod clinic;
mod conflict;
mod location;
mod patient;
mod patient_contact;
mod patient_identifier;
mod practitioner;
mod practitioner_location;
mod session_template;
mod user_name;

pub use access_event::AccessEvent;
pub use address::Address;
pub use alert::Alert;
pub use appointment::Appointment;
pub use appointment_event::AppointmentEvent;
pub use appointment_type::AppointmentType;
pub use audit_event::AuditEvent;
pub use clinic::Clinic;
pub use conflict::Conflict;
pub use location::Location;
pub use patient::Patient;
pub use patient_contact::PatientContact;
pub use patient_identifier::PatientIdentifier;
pub use practitioner::Practitioner;
pub use practitioner_location::PractitionerLocation;
pub use session_template::SessionTemplate;
pub use user_name::UserName;
