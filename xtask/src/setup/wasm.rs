//! The page's target: the toolchain's own where rustup can fetch it, else Debian's compiler for the web.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::bail;

use crate::{run, say};

mod rustc_web;

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The zones that the page knows: all of Australia with its territories and its nearest neighbours. The world's would be
/// 0.9 MB more, the whole Pacific's and Antarctica's a twentieth of that.
const ZONES: &str = "^(Australia/.*|Antarctica/(Macquarie|Casey|Davis|Mawson)|Pacific/(Norfolk|Auckland|Port_Moresby|Noumea|Guadalcanal|Fiji)|Indian/(Christmas|Cocos)|Etc/UTC|UTC)$";
/// Leptos then boxes components instead of compiling every nesting of them: a sixth less page, and quicker to build.
const ERASED: &str = "--cfg=erase_components";

/// A way to compile the page.
pub(crate) enum Wasm {
    /// The toolchain has the target.
    Toolchain,
    /// Debian's `rustc-web` with a standard library of our own building.
    RustcWeb {
        /// Holds the target's standard library.
        sysroot: PathBuf,
        /// The toolchain's linker, which rustc-web comes without.
        linker: PathBuf,
    },
}

impl Wasm {
    /// Sets a cargo command up for it; the artefacts of two compilers do not share a folder.
    pub(crate) fn prepare(&self, command: &mut Command) {
        let target = crate::places::target_wasm();
        command.env("CHRONO_TZ_TIMEZONE_FILTER", ZONES);
        match self {
            Self::Toolchain => command
                .env("CARGO_TARGET_DIR", self.target_dir(target))
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", ERASED),
            Self::RustcWeb { sysroot, linker } => command
                .env("CARGO_TARGET_DIR", self.target_dir(target))
                .env("RUSTC", rustc_web::COMPILER)
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                // For the target only: build scripts and macros keep the compiler's own library.
                .env(
                    "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
                    format!("--sysroot={} {ERASED}", sysroot.display()),
                ),
        };
    }

    /// Where the page's artefacts are, below `parent`.
    pub(crate) fn target_dir(&self, parent: PathBuf) -> PathBuf {
        match self {
            Self::Toolchain => parent,
            Self::RustcWeb { .. } => parent.join("rustc-web"),
        }
    }
}

/// Finds or makes a way. `WATTLE_WASM=rustc-web` takes Debian's even where rustup would do, to try it out.
pub(crate) fn ready() -> anyhow::Result<Wasm> {
    let forced = std::env::var("WATTLE_WASM").is_ok_and(|way| way == "rustc-web");
    let sysroot = run::ask("rustc", &["--print", "sysroot"]).map(PathBuf::from).unwrap_or_default();
    if !forced {
        if has_target(&sysroot) {
            return Ok(Wasm::Toolchain);
        }
        if run::has("rustup") && rustup_adds() && has_target(&sysroot) {
            return Ok(Wasm::Toolchain);
        }
    }
    if super::debian::here() {
        return rustc_web::ready(&sysroot);
    }
    bail!("the target {TARGET} is missing; run: rustup target add {TARGET}")
}

fn has_target(sysroot: &Path) -> bool {
    let libraries = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    std::fs::read_dir(libraries).is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
    })
}

/// Asks rustup, but not for long: on a closed network it would try again and again.
fn rustup_adds() -> bool {
    say::step(&format!("rustup target add {TARGET}"));
    let mut command = Command::new("rustup");
    command.args(["target", "add", TARGET]).env("RUSTUP_MAX_RETRIES", "0");
    run::within(&mut command, Duration::from_secs(180))
}
