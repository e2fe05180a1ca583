//! A real, private PostgreSQL cluster: made, started, crashed and stopped by the program that needs it.
//!
//! Owns: finding the server's binaries, `initdb`, the server process, its folder, port and password.
//! Must never: touch a cluster that it did not make, end a process that it did not start, listen beyond
//! 127.0.0.1, or know anything of Wattle's schema.
//! Called by: the whole-system tests, the demo and the benchmarks, and the tests of the crates that speak
//! to PostgreSQL. Blocking; from async code call it through `spawn_blocking`.
//!
//! ```no_run
//! # fn main() -> Result<(), wattle_private_postgres::Error> {
//! let cluster = wattle_private_postgres::Cluster::start_temporary()?;
//! let url = cluster.create_database("wattle")?; // postgres://postgres:…@127.0.0.1:…/wattle
//! # Ok(()) }
//! ```

mod account;
mod binaries;
mod cluster;
mod error;
mod guard;
mod options;
mod psql;
mod server;

pub use account::persistent_dir;
pub use cluster::Cluster;
pub use error::Error;
pub use options::Options;
