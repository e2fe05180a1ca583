//! What the tests stand on: one cluster, a fresh copy of a migrated database each, a server in this process, and desks
//! that sign commands.

pub mod clock;
pub mod desk;
pub mod ear;
pub mod figures;
pub mod house;
pub mod moto;
pub mod postgres;
pub mod redis;

pub use desk::{Book, Desk};
pub use ear::Ear;
pub use house::House;
