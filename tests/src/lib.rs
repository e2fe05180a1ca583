//! What whole-system tests, the demo and the benchmarks share: processes, real windows, a played clinic.
//!
//! Must never: stand in for a part of the product; everything here starts or drives the real ones.

pub mod bench;
#[cfg(target_os = "linux")]
pub mod day;
pub mod desk;
#[cfg(target_os = "linux")]
pub mod desktop;
pub mod dice;
pub mod house;
pub mod leaving;
pub mod ledger;
pub mod paper;
pub mod processes;
pub mod provider;
pub mod wire;
pub mod work;
