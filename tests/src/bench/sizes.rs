//! `sizes`: the page (wasm and js) and the desktop program, as they ship.

use std::path::Path;

use super::figures::Figures;
use crate::house::Programs;

/// Looks at what was built.
///
/// # Errors
/// It was not built.
pub fn run() -> anyhow::Result<Figures> {
    let mut figures = Figures::new(
        "sizes",
        "the page's wasm and js in ui/dist, and the desktop program (release)".into(),
        "page under 1.5 MB, program under 40 MB",
        "none: sizes",
    );
    let page = Path::new("ui/dist");
    let mut bytes = 0;
    for entry in std::fs::read_dir(page)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "wasm" || e == "js") {
            bytes += std::fs::metadata(&path)?.len();
        }
    }
    anyhow::ensure!(bytes > 0, "ui/dist holds no page: run this through `cargo xtask bench`");
    let program = std::fs::metadata(Programs::desktop()?)?.len();
    let (page_mb, program_mb) = (bytes as f64 / 1e6, program as f64 / 1e6);
    figures.put("page_mb", page_mb);
    figures.put("program_mb", program_mb);
    figures.met = Some(page_mb < 1.5 && program_mb < 40.0);
    Ok(figures)
}
