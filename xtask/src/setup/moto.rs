//! moto: a server that speaks as AWS KMS does, for the tests of keys that rest there. Installed once into the cache, from
//! PyPI, into a Python environment of its own.

use std::path::PathBuf;
use std::process::Command;

use crate::{places, run, say};

const VERSION: &str = "5.2.5";

/// The one on PATH, or our own in the cache, installed if it can be; `None`: its tests skip themselves and say so.
pub(crate) fn program() -> Option<PathBuf> {
    if run::has("moto_server") {
        return Some("moto_server".into());
    }
    let home = places::tools().join(format!("moto-{VERSION}"));
    let (programs, suffix) = if cfg!(windows) { ("Scripts", ".exe") } else { ("bin", "") };
    let own = home.join(programs).join(format!("moto_server{suffix}"));
    if own.is_file() {
        return Some(own);
    }
    let Some(python) = ["python3", "python"].into_iter().find(|python| run::has(python)) else {
        say::skipped("aws-kms", "there is no Python to install moto with");
        return None;
    };
    say::step("installing moto (once)");
    let python_of_ours = home.join(programs).join(format!("python{suffix}"));
    let installed = run::run(Command::new(python).args(["-m", "venv"]).arg(&home)).and_then(|()| {
        let mut pip = Command::new(&python_of_ours);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        run::run(pip.arg(format!("moto[kms,server]=={VERSION}")))
    });
    match installed {
        Ok(()) => Some(own),
        Err(_) => {
            // Half an environment would be taken for a whole one the next time.
            let _ = std::fs::remove_dir_all(&home);
            say::skipped(
                "aws-kms",
                "moto cannot be installed on this machine (Debian: apt-get install python3-venv)",
            );
            None
        }
    }
}
