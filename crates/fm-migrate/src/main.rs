//! The command line of the migrator. Words to the user and exit codes; every rule is in the library.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod cli;

fn main() -> anyhow::Result<()> {
    cli::run()
}
