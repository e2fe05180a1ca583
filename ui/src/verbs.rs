//! What people do: each calls the shell, says what came of it, and offers the way back or out.
//!
//! Must never: decide anything; the domain does, in the shell. Called by: components and keys.

pub(crate) mod book;
pub(crate) mod reschedule;
pub(crate) mod step;
