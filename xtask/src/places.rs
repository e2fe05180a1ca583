//! Where things are: the checkout, and the cache outside it that keeps the next run quick.

use std::path::{Path, PathBuf};

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// `$WATTLE_CACHE`, or `~/.cache/wattle`.
pub(crate) fn cache() -> PathBuf {
    std::env::var_os("WATTLE_CACHE").map_or_else(
        || std::env::home_dir().unwrap_or_else(std::env::temp_dir).join(".cache").join("wattle"),
        PathBuf::from,
    )
}

/// `$CARGO_TARGET_DIR`, or `target` in the cache.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| cache().join("target"), PathBuf::from)
}

/// The page's own: another target, and on some machines another compiler.
pub(crate) fn target_wasm() -> PathBuf {
    cache().join("target-wasm")
}

/// Programs that we install for ourselves (`bin` below it).
pub(crate) fn tools() -> PathBuf {
    cache().join("tools")
}
