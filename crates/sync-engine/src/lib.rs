//! Brings a workstation's file and the server together: sends the outbox, fetches what is new, keeps trying.
//!
//! Owns: when to talk to the server, what to say, and what to do when it does not answer.
//!
//! Must never: hold a business rule, touch SQL, lose a command, log anything about a patient.
//!
//! Called by: `workstation`; [`machine`] also by the simulator.
//!
//! Three parts: [`machine`] decides (pure), [`Transport`] speaks HTTP, [`Driver`] carries out on tokio.

pub mod driver;
pub mod image;
pub mod machine;
pub mod transport;

pub use driver::{Driver, Tokens};
pub use machine::Config;
pub use transport::{Error, Transport};
