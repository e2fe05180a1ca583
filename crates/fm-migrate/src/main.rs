//! The command line of the migrator. Words to the user and exit codes; every rule is in the library.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    let Err(error) = cli::run() else { return ExitCode::SUCCESS };
    eprintln!("fm-migrate: {}", in_words(&error));
    ExitCode::FAILURE
}

/// What stopped, and why. A cause that the words before it hold already is not said twice.
fn in_words(error: &anyhow::Error) -> String {
    let mut said = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if said.contains(&cause) {
            continue;
        }
        if !said.is_empty() {
            said.push_str(": ");
        }
        said.push_str(&cause);
    }
    said
}

#[cfg(test)]
mod tests {
    use wattle_fm_migrate::Error;

    #[test]
    fn nothing_is_said_twice() {
        let source = std::io::Error::other("no space left");
        let error = anyhow::Error::new(Error::File { path: "list.csv".into(), source });
        assert_eq!(
            super::in_words(&error.context("the list was not written")),
            "the list was not written: list.csv: no space left"
        );
    }
}
