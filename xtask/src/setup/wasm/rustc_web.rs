//! Debian's `rustc-web`: a current compiler with its library's source but no library for our target. We build
//! that once, in a minute, into the cache; nothing of the system is changed but two packages.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use super::{TARGET, Wasm};
use crate::{places, run, say};

/// Where Debian puts it.
pub(crate) const COMPILER: &str = "/usr/bin/rustc";

/// Installs the packages and builds the library if either is missing.
pub(crate) fn ready(toolchain_sysroot: &Path) -> anyhow::Result<Wasm> {
    super::super::debian::install(&["rustc-web", "rust-web-src"])?;
    let version = run::ask(COMPILER, &["--version"]).context("Debian's rustc-web does not run")?;
    let name: String =
        version.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    let sysroot = places::cache().join("wasm-std").join(format!("{name}-with-bitcode"));
    let libraries = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    if !libraries.is_dir() {
        build(&libraries)?;
    }
    Ok(Wasm::RustcWeb { sysroot, linker: linker(toolchain_sysroot)? })
}

/// The toolchain's own linker: rustc-web comes without one.
fn linker(toolchain_sysroot: &Path) -> anyhow::Result<PathBuf> {
    let hosts = toolchain_sysroot.join("lib/rustlib");
    let found = std::fs::read_dir(&hosts)
        .with_context(|| format!("no Rust toolchain in {}", hosts.display()))?
        .flatten()
        .map(|host| host.path().join("bin/rust-lld"))
        .find(|path| path.is_file());
    found.with_context(|| format!("no rust-lld under {}; install Rust with rustup", hosts.display()))
}

fn build(libraries: &Path) -> anyhow::Result<()> {
    say::step("building the standard library for the page (once, about a minute)");
    let work = places::cache().join("wasm-std").join("build");
    std::fs::create_dir_all(work.join("src"))?;
    let manifest = "[package]\nname = \"wasm-std\"\nedition = \"2021\"\n[workspace]\n";
    std::fs::write(work.join("Cargo.toml"), manifest)?;
    std::fs::write(work.join("src/lib.rs"), "#![no_std]\n")?;
    let mut command = run::cargo();
    command
        .current_dir(&work)
        .args(["build", "--release", "-Zbuild-std=std,panic_abort,panic_unwind", "--target", TARGET])
        .env("CARGO_TARGET_DIR", work.join("target"))
        .env("RUSTC", COMPILER)
        // The page is optimised as one whole, library included; cargo leaves out what that needs.
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-Cembed-bitcode=yes")
        // rustc-web and cargo are stable ones; building std wants what only nightly allows.
        .env("RUSTC_BOOTSTRAP", "1");
    run::run(&mut command)?;

    // Complete or not there at all: an interrupted copy must not be taken for a library.
    let partial = libraries.with_extension("partial");
    std::fs::create_dir_all(&partial)?;
    let mut copied = 0_usize;
    for entry in std::fs::read_dir(work.join("target").join(TARGET).join("release/deps"))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libwasm_std-") {
            std::fs::copy(entry.path(), partial.join(&name))?;
            copied += 1;
        }
    }
    if copied == 0 {
        bail!("{} built no library", run::line(&Command::new(COMPILER)));
    }
    std::fs::rename(&partial, libraries)?;
    // Half a gigabyte that nothing will look at again.
    let _ = std::fs::remove_dir_all(&work);
    Ok(())
}
