//! What the tests stand on: one cluster, a fresh copy of a migrated database each, a server in this process, and desks
//! that sign commands.

pub mod clock;
pub mod desk;
pub mod house;
pub mod postgres;

pub use desk::{Book, Desk};
pub use house::House;
