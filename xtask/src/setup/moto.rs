//! moto: a server that speaks as AWS KMS does, for the tests of keys that rest there.

use std::path::PathBuf;

use super::python::Program;

/// See [`Program::find`].
pub(crate) fn program() -> Option<PathBuf> {
    let moto = Program {
        name: "moto_server",
        home: "moto-5.2.5",
        packages: &["moto[kms,server]==5.2.5"],
        part: "aws-kms",
    };
    moto.find()
}
