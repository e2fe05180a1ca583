//! A box that finds a patient: matches as one types, arrows and Enter.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wattle_protocol::ipc::patients::{PatientHit, SearchPatients};

use crate::components::patients::hit::HitLine;
use crate::ipc;
use crate::state::live::Live;

/// Lines of the list.
const LINES: u32 = 6;

/// The box, and what was found below it.
#[component]
pub(crate) fn FindPatient(
    /// What is typed.
    typed: RwSignal<String>,
    /// For scripts: the box; each line has `{test_id}-hit`.
    test_id: &'static str,
    /// For scripts.
    hit_id: &'static str,
    /// Called with whoever was chosen.
    chosen: Callback<PatientHit>,
) -> impl IntoView {
    let at = RwSignal::new(0_usize);
    let hits = Live::new(
        move || Some(typed.get().trim().to_owned()).filter(|query| !query.is_empty()),
        |query| ipc::patients::search_patients(SearchPatients { query, limit: LINES }),
    );
    let count = move || hits.value.with(|h| h.as_ref().map_or(0, Vec::len));
    Effect::new(move |_| {
        typed.track();
        at.set(0);
    });
    let take = move |index: usize| {
        let hit = hits.value.with_untracked(|h| h.as_ref().and_then(|h| h.get(index).cloned()));
        if let Some(hit) = hit {
            chosen.run(hit);
        }
    };
    let on_key = move |ev: KeyboardEvent| {
        match ev.key().as_str() {
            "ArrowDown" => at.update(|a| *a = (*a + 1).min(count().saturating_sub(1))),
            "ArrowUp" => at.update(|a| *a = a.saturating_sub(1)),
            "Enter" => take(at.get_untracked()),
            _ => return,
        }
        ev.prevent_default();
        ev.stop_propagation();
    };
    let none = move || hits.value.with(|h| h.as_ref().is_some_and(Vec::is_empty));
    view! {
        <div class="field">
            <label for=test_id>"Whose is it"</label>
            <input class="box" id=test_id type="text" autocomplete="off" spellcheck="false" placeholder="Name, phone, birth date" role="combobox"
                aria-expanded="true" aria-controls=hit_id data-testid=test_id prop:value=move || typed.get()
                on:input=move |ev| typed.set(event_target_value(&ev)) on:keydown=on_key />
        </div>
        <div class="hits" role="listbox" aria-label="Patients" id=hit_id>
            {move || hits.value.get().unwrap_or_default().into_iter().enumerate().map(|(index, hit)| {
                let on = Signal::derive(move || at.get() == index);
                view! { <HitLine hit=hit on=on test_id=hit_id chosen=Callback::new(move |()| take(index)) over=Callback::new(move |()| at.set(index)) /> }
            }).collect_view()}
            <Show when=none><p class="soft empty-note">"Nobody of that name. Register them on the page Patients, then come back; the scan waits here."</p></Show>
        </div>
    }
}
