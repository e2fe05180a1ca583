//! Size and place of the window, remembered in `window.json` of the data folder.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tauri::{Manager, PhysicalPosition, PhysicalSize, WebviewWindow, Window};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    x: i32,
    y: i32,
    width: u32,
    height: u32,
    maximized: bool,
}

/// Where the place is kept.
struct Kept(PathBuf);

/// Puts the window where it was, if a screen is still there.
pub(crate) fn restore(window: &WebviewWindow, data_dir: &Path) {
    let path = data_dir.join("window.json");
    let place: Option<Place> = std::fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
    window.manage(Kept(path));
    let Some(place) = place else { return };
    let screens = window.available_monitors().unwrap_or_default();
    let on_a_screen = screens.iter().any(|screen| {
        let (at, size) = (screen.position(), screen.size());
        let right = at.x.saturating_add_unsigned(size.width);
        let bottom = at.y.saturating_add_unsigned(size.height);
        (at.x..right).contains(&place.x) && (at.y..bottom).contains(&place.y)
    });
    // A window that cannot be placed opens in the middle, which is no fault.
    let _ = window.set_size(PhysicalSize::new(place.width, place.height));
    if on_a_screen {
        let _ = window.set_position(PhysicalPosition::new(place.x, place.y));
    }
    if place.maximized {
        let _ = window.maximize();
    }
}

/// Remembers where it is.
pub(crate) fn save(window: &Window) {
    let (Some(kept), Some(place)) = (window.try_state::<Kept>(), place(window)) else { return };
    let written =
        serde_json::to_vec(&place).map_err(std::io::Error::from).and_then(|t| std::fs::write(&kept.0, t));
    if let Err(error) = written {
        tracing::warn!(%error, "the window's place was not remembered");
    }
}

fn place(window: &Window) -> Option<Place> {
    let (at, size) = (window.outer_position().ok()?, window.inner_size().ok()?);
    let maximized = window.is_maximized().unwrap_or(false);
    Some(Place { x: at.x, y: at.y, width: size.width, height: size.height, maximized })
}
