//! The search of the patients page: matches as one types, best first; arrows and Enter.

use leptos::ev::KeyboardEvent;
use leptos::html::Input;
use leptos::prelude::*;

use crate::components::field::focus_once;
use crate::components::icon::Icon;
use crate::components::patients::hit::HitLine;
use crate::state::patients::{LINES, Pane, Patients};
use crate::words;

/// On the left of the page.
#[component]
pub(crate) fn PatientList() -> impl IntoView {
    let patients = expect_context::<Patients>();
    let at = RwSignal::new(0_usize);
    let input = NodeRef::<Input>::new();
    focus_once(input);
    let hits = patients.hits.value;
    let count = move || hits.with(|h| h.as_ref().map_or(0, Vec::len));
    Effect::new(move |_| {
        patients.query.track();
        at.set(0);
    });
    let open = move |index: usize| {
        let id = hits.with_untracked(|h| h.as_ref().and_then(|h| h.get(index)).map(|h| h.id));
        if let Some(id) = id {
            patients.show(id);
        }
    };
    let on_key = move |ev: KeyboardEvent| {
        match ev.key().as_str() {
            "ArrowDown" => at.update(|a| *a = (*a + 1).min(count().saturating_sub(1))),
            "ArrowUp" => at.update(|a| *a = a.saturating_sub(1)),
            "Enter" => open(at.get_untracked()),
            _ => return,
        }
        ev.prevent_default();
    };
    let register = move |_| {
        patients.pane.set(Pane::Register { typed: patients.query.get_untracked(), slot: None });
    };
    let unfinished = move || {
        let pane = patients.pane.get();
        patients.draft.with(|d| {
            let (begun, entry) = d.as_ref()?;
            (*begun != pane && entry.dirty()).then(|| (begun.clone(), entry.name()))
        })
    };
    let none = move || hits.with(|h| h.as_ref().is_some_and(Vec::is_empty));
    view! {
        <section class="list-side" aria-label="Search">
            <div class="list-head">
                <div class="search-box">
                    {Icon::Search.svg()}
                    <input class="box" node_ref=input type="text" autocomplete="off" spellcheck="false" placeholder="Name, phone, birth date"
                        aria-label="Find a patient" role="combobox" aria-expanded="true" aria-controls="patient-hits" data-testid="patients-search"
                        prop:value=move || patients.query.get() on:input=move |ev| patients.query.set(event_target_value(&ev)) on:keydown=on_key />
                </div>
                <button type="button" class="button" data-testid="patient-register" on:click=register>{Icon::PersonPlus.svg()}"Register"</button>
            </div>
            {move || unfinished().map(|(begun, name)| view! {
                <div class="unfinished" role="status">
                    {Icon::Pencil.svg()}<span class="cut">"Not saved yet: "<b>{name}</b></span>
                    <button type="button" class="button small" on:click=move |_| patients.pane.set(begun.clone())>"Go on"</button>
                </div>
            })}
            {move || patients.hits.fault.get().map(|error| view! { <p class="odd pad" role="alert">{words::fault(&error)}</p> })}
            <div class="hits" role="listbox" aria-label="Patients" id="patient-hits">
                {move || hits.get().unwrap_or_default().into_iter().enumerate().map(|(index, hit)| {
                    let id = hit.id;
                    let open_now = move || matches!(patients.pane.get(), Pane::Record(i) | Pane::Edit(i) if i == id);
                    let on = Signal::derive(move || at.get() == index);
                    view! {
                        <div class:open=open_now>
                            <HitLine hit=hit on=on test_id="patient-hit" chosen=Callback::new(move |()| { at.set(index); open(index); }) over=Callback::new(|()| ()) />
                        </div>
                    }
                }).collect_view()}
            </div>
            <Show when=move || hits.get().unwrap_or_default().is_empty() && patients.query.with(|q| q.trim().is_empty())>
                <p class="soft pad">"Part of a name, a phone number, a birth date or the number of a card finds a patient."</p>
            </Show>
            <Show when=none>
                <p class="soft pad">"Nobody found. Try fewer letters, another spelling, or the phone number."</p>
            </Show>
            <Show when=move || { u32::try_from(count()).unwrap_or(0) >= LINES }>
                <p class="soft pad">"More match; type more to narrow it down."</p>
            </Show>
        </section>
    }
}
