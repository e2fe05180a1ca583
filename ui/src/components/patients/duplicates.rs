//! People who may be the same, beside the form while it is filled in.

use leptos::prelude::*;
use wattle_protocol::ipc::patients::{PatientDraft, PossibleDuplicate};

use crate::components::icon::Icon;
use crate::state::desk::desk;
use crate::state::live::Live;
use crate::state::patients::Patients;
use crate::{ipc, show, words};

/// Each with what agrees; a click opens the record instead.
#[component]
pub(crate) fn Duplicates(draft: RwSignal<Option<PatientDraft>>) -> impl IntoView {
    let (desk, patients) = (desk(), expect_context::<Patients>());
    let found = Live::new(move || draft.get(), ipc::patients::possible_duplicates);
    let list = move || found.value.with(|f| f.clone().unwrap_or_default());
    let line = move |d: PossibleDuplicate| {
        let id = d.hit.id;
        let agrees = d.agrees.iter().map(|a| words::agrees(a)).collect::<Vec<_>>().join(", ");
        let birth = d.hit.birth_date;
        view! {
            <button type="button" class="duplicate" data-testid="possible-duplicate" data-id=id.to_string() on:click=move |_| patients.show(id)>
                <b>{show::hit(&d.hit)}</b>
                <span class="soft tabular">{birth.map(|b| show::born(b, desk.today.get_untracked()))}</span>
                <span class="soft tabular">{d.hit.phone.as_deref().map(show::tel)}" "{d.hit.suburb.clone()}</span>
                <span class="agrees">{Icon::Check.svg()}"Same "{agrees}</span>
            </button>
        }
    };
    view! {
        <aside class="duplicates" aria-label="Possibly here already" aria-live="polite">
            <Show when=move || !list().is_empty()
                fallback=|| view! { <p class="soft">"If somebody like this is here already, they appear here while you type."</p> }>
                <h2>{Icon::Attention.svg()}"Possibly here already"</h2>
                <p class="soft">"Open the record if it is the same person. Registering is allowed all the same."</p>
                {move || list().into_iter().map(line).collect_view()}
            </Show>
        </aside>
    }
}
