//! A document beside what is done about it, with its tools and its keys.

use leptos::prelude::*;

use crate::components::documents::pane::{Pane, Shown, Subject, Tools};
use crate::keys::typing;

/// On the right of a page.
#[component]
pub(crate) fn Beside(subject: Subject) -> impl IntoView {
    let title = subject.title.clone();
    let label = format!("The document {title}");
    let pane = Pane::new(subject);
    let handle = window_event_listener(leptos::ev::keydown, move |ev| {
        let held = ev.ctrl_key() || ev.meta_key() || ev.alt_key();
        if !typing(&ev) && !held && pane.pressed(&ev.key()) {
            ev.prevent_default();
        }
    });
    on_cleanup(move || handle.remove());
    view! {
        <section class="beside" aria-label=label data-testid="beside">
            <div class="beside-tools"><b class="cut">{title}</b><Tools pane=pane /></div>
            <Shown pane=pane />
        </section>
    }
}
