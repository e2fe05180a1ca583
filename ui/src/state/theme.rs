//! Light, dark, or as the computer says. Kept in the page's own storage: it is about the screen, not about anybody.

use leptos::prelude::*;

const KEY: &str = "wattle-theme";

/// A choice of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the computer says.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// The one after it, for a button that goes round.
    pub(crate) fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    /// The word for the attribute `data-theme`.
    fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The choice, put on the document whenever it changes.
pub(crate) fn theme() -> RwSignal<Theme> {
    let storage = || window().local_storage().ok().flatten();
    let kept = storage().and_then(|s| s.get_item(KEY).ok().flatten());
    let theme = RwSignal::new(match kept.as_deref() {
        Some("light") => Theme::Light,
        Some("dark") => Theme::Dark,
        _ => Theme::System,
    });
    Effect::new(move |_| {
        let word = theme.get().word();
        if let Some(root) = document().document_element() {
            drop(root.set_attribute("data-theme", word));
        }
        if let Some(storage) = storage() {
            drop(storage.set_item(KEY, word));
        }
    });
    theme
}
