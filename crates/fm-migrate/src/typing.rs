//! Text of a FileMaker field as a typed value, or a reason code. Nothing is guessed.
//!
//! Owns: every rule by which text becomes a value. Pure.
//! Called by: `convert`.

pub mod date;
pub mod number;
pub mod text;
pub mod time;

pub use date::{Century, DateForms};
