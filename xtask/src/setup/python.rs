//! Programs out of PyPI for tests: each installed once into the cache, into a Python environment of its own.

use std::path::PathBuf;
use std::process::Command;

use crate::{places, run, say};

/// A program of a package.
pub(crate) struct Program {
    /// Its name, on PATH and in the environment.
    pub name: &'static str,
    /// The environment's folder, with the version.
    pub home: &'static str,
    /// What pip is to install, with its version.
    pub packages: &'static [&'static str],
    /// The tests that skip themselves without it.
    pub part: &'static str,
}

impl Program {
    /// The one on PATH, or our own in the cache, installed if it can be; `None`: its tests skip themselves and say so.
    pub(crate) fn find(&self) -> Option<PathBuf> {
        if run::has(self.name) {
            return Some(self.name.into());
        }
        let home = places::tools().join(self.home);
        let (programs, suffix) = if cfg!(windows) { ("Scripts", ".exe") } else { ("bin", "") };
        let own = home.join(programs).join(format!("{}{suffix}", self.name));
        if own.is_file() {
            return Some(own);
        }
        let Some(python) = ["python3", "python"].into_iter().find(|python| run::has(python)) else {
            say::skipped(self.part, &format!("there is no Python to install {} with", self.name));
            return None;
        };
        say::step(&format!("installing {} (once)", self.name));
        let python_of_ours = home.join(programs).join(format!("python{suffix}"));
        let installed = run::run(Command::new(python).args(["-m", "venv"]).arg(&home)).and_then(|()| {
            let mut pip = Command::new(&python_of_ours);
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
            run::run(pip.args(self.packages))
        });
        match installed {
            Ok(()) => Some(own),
            Err(_) => {
                // Half an environment would be taken for a whole one the next time.
                let _ = std::fs::remove_dir_all(&home);
                let why = format!(
                    "{} cannot be installed on this machine (Debian: apt-get install python3-venv)",
                    self.name
                );
                say::skipped(self.part, &why);
                None
            }
        }
    }
}
