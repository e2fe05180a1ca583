//! What this machine needs before anything can be built: system packages and the page's target.

use crate::{run, say};

pub(crate) mod dbt;
mod debian;
pub(crate) mod moto;
pub(crate) mod openid;
mod python;
pub(crate) mod s3;
mod wasm;

pub(crate) use wasm::Wasm;

/// Programs and packages for building, for the database, and for windows without a screen.
pub(crate) fn everything() -> anyhow::Result<Wasm> {
    say::step("checking what this machine has");
    if debian::here() {
        debian::install(debian::NEEDED)?;
    } else {
        advise();
    }
    wasm()
}

/// A compiler for `wasm32-unknown-unknown`, found or made.
pub(crate) fn wasm() -> anyhow::Result<Wasm> {
    wasm::ready()
}

/// Elsewhere we install nothing; we say what is missing and go on, since only some tasks need all of it.
fn advise() {
    let advice: &[(&str, &str)] = if cfg!(target_os = "macos") {
        &[
            ("clang", "run `xcode-select --install`"),
            ("pg_config", "run `brew install postgresql@17` and put its bin folder on PATH"),
            ("wasm-opt", "run `brew install binaryen`, for a smaller page"),
        ]
    } else if cfg!(windows) {
        &[
            ("link", "install Visual Studio Build Tools with \"Desktop development with C++\""),
            ("psql", "install PostgreSQL 15 or later and put its bin folder on PATH"),
            ("perl", "install Strawberry Perl (OpenSSL is built from source)"),
        ]
    } else {
        &[
            ("cc", "install a C compiler"),
            ("pkg-config", "install pkg-config, and the development files of OpenSSL and WebKitGTK 4.1"),
            ("initdb", "install the PostgreSQL server and put its programs on PATH"),
            ("wasm-opt", "install binaryen, for a smaller page"),
            ("Xvfb", "install Xvfb, for windows without a screen"),
            ("WebKitWebDriver", "install WebKitGTK's WebDriver, for driving the window"),
            ("dbus-daemon", "install dbus, for a keyring in tests"),
            ("gnome-keyring-daemon", "install gnome-keyring, for a keyring in tests"),
            ("import", "install ImageMagick, for pictures of the screen"),
        ]
    };
    for (program, what) in advice.iter().filter(|(program, _)| !run::has(program)) {
        say::note(&format!("missing: {program}; {what}"));
    }
}
