//! The layer that only paper shows.

use leptos::prelude::*;

use crate::state::desk::desk;

/// Asks the system to print once every page is there, and is empty again afterwards.
#[component]
pub(crate) fn PrintLayer() -> impl IntoView {
    let desk = desk();
    let loaded = RwSignal::new(0usize);
    Effect::new(move |_| {
        let Some(count) = desk.print.now.with(|now| now.as_ref().map(|now| now.pages.len())) else {
            loaded.set(0);
            return;
        };
        if loaded.get() >= count {
            // The dialog holds the page until it is closed.
            request_animation_frame(move || {
                if window().print().is_err() {
                    desk.toasts.fault_with("This computer did not open its print dialog.", Vec::new());
                }
                desk.print.now.set(None);
            });
        }
    });
    view! {
        <div class="print-layer" aria-hidden="true" data-testid="print-layer">
            {move || desk.print.now.get().map(|now| view! {
                <style>{format!("@page {{ size: {}; margin: 0; }}", now.size)}</style>
                {now.pages.into_iter().map(|page| view! {
                    <img src=page alt="" on:load=move |_| loaded.update(|n| *n += 1) />
                }).collect_view()}
            })}
        </div>
    }
}
