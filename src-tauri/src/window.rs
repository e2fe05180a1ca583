//! The one window.

use std::path::Path;

use tauri::{App, WebviewUrl, WebviewWindowBuilder};

use crate::window_place;

/// Label of the window; the capability names it.
pub(crate) const LABEL: &str = "main";

/// Opens it where it was the last time.
pub(crate) fn open(app: &App, data_dir: &Path) -> tauri::Result<()> {
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .title("Wattle")
        .inner_size(1280.0, 800.0)
        .min_inner_size(1024.0, 680.0)
        .visible(false)
        .zoom_hotkeys_enabled(true)
        // The book is dragged inside the page; files dropped from outside are nobody's wish.
        .disable_drag_drop_handler()
        // Two data folders are two workstations, also for what the web view remembers.
        .data_directory(data_dir.join("webview"))
        .on_navigation(|url| url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost"))
        .build()?;
    window_place::restore(&window, data_dir);
    window.show()
}
