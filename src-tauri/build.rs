//! Lets Tauri read its configuration, and sees to it that there is a page to build in.

use std::path::Path;

/// Shown when the page has not been built; Tauri cannot be compiled without any.
const PLACEHOLDER: &str = "<!doctype html><meta charset=\"utf-8\"><title>Wattle</title>\
<p>The page has not been built. Run <code>cargo xtask ui</code>, then build the app again.</p>\n";

fn main() -> std::io::Result<()> {
    let page = Path::new("../ui/dist");
    if !page.join("index.html").exists() {
        std::fs::create_dir_all(page)?;
        std::fs::write(page.join("index.html"), PLACEHOLDER)?;
    }
    tauri_build::build();
    Ok(())
}
