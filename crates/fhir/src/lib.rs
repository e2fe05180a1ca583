//! One patient's record as a FHIR R4 document that follows AU Core, for the next doctor, the patient, or another system.
//!
//! Owns: which row becomes which resource, and the terms of other people's code systems. Must never: read a store, a clock or
//! a random number; write a code that nobody in the clinic chose (what was typed travels as text).
//! Called by: `wattle-workstation`, with everything that its file holds about the patient.
//!
//! Rules: FHIR R4 4.0.1 (documents, vital signs), AU Base and AU Core (hl7.org.au), the sections of AU Patient Summary.

mod allergy;
mod bundle;
mod composition;
mod condition;
mod identifier;
mod medication;
mod narrative;
mod observation;
mod organization;
mod patient;
mod practitioner;
mod section;
mod source;
mod terms;

pub use bundle::document;
pub use source::Source;
