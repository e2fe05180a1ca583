//! dbt: runs SQL models and their tests, for the test that our own files are good for it.

use std::path::PathBuf;

use super::python::Program;

/// See [`Program::find`].
pub(crate) fn program() -> Option<PathBuf> {
    // The last that needs nothing beside PyPI: 1.12 downloads parts of itself.
    let dbt = Program {
        name: "dbt",
        home: "dbt-1.11.16",
        packages: &["dbt-core==1.11.16", "dbt-postgres==1.11.0"],
        part: "models under dbt",
    };
    dbt.find()
}
