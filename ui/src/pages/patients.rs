//! Patients: search on the left, a record or a form beside.

use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::components::patients::form::{EditForm, RegisterForm};
use crate::components::patients::list::PatientList;
use crate::components::patients::record::RecordView;
use crate::state::desk::desk;
use crate::state::patients::{Pane, Patients};
use crate::state::record::MAY_READ;

/// List and pane.
#[component]
pub(crate) fn PatientsPage() -> impl IntoView {
    let (desk, patients) = (desk(), expect_context::<Patients>());
    // A record takes the whole page; the search is a key away.
    let whole = move || desk.may(MAY_READ) && matches!(patients.pane.get(), Pane::Record(_));
    view! {
        <div class="patients" class:whole=whole>
            <Show when=move || !whole()><PatientList /></Show>
            <div class="pane">
                {move || match patients.pane.get() {
                    Pane::Nobody => view! {
                        <div class="nothing">
                            {Icon::Patients.svg()}
                            <h2>"Find somebody"</h2>
                            <p>"Type a part of the name, a phone, a birth date or a card number. Somebody new is registered with the button above the list."</p>
                        </div>
                    }.into_any(),
                    Pane::Record(id) => view! { <RecordView id=id /> }.into_any(),
                    Pane::Edit(id) => view! { <EditForm id=id /> }.into_any(),
                    Pane::Register { typed, slot } => view! { <RegisterForm typed=typed waits=slot /> }.into_any(),
                }}
            </div>
        </div>
    }
}
