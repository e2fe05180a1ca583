//! A new computer shows a code; whoever runs the system types it here.

use leptos::prelude::*;
use wattle_protocol::admin::{APPROVED_MIN, Act, OWN_CODE_CHARS};

use crate::components::field::Field;
use crate::state::people::{Open, People};

/// The form.
#[component]
pub(crate) fn Approve(people: People) -> impl IntoView {
    let code = RwSignal::new(String::new());
    let ready =
        move || code.with(|c| c.chars().filter(char::is_ascii_alphanumeric).count() == OWN_CODE_CHARS);
    let approve = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        let act = Act::ApproveComputer { code: code.get_untracked().trim().to_owned() };
        people.see_to(act, "Approved. Somebody signs in at the new computer now.", |_| Open::Nothing);
    };
    view! {
        <form class="panel" data-testid="approve-form" on:submit=approve>
            <p>{format!("The new computer shows a code of {OWN_CODE_CHARS} letters and digits. Only type one that you were told by somebody whose voice you know, at a computer \
                that belongs here. It is then good for {APPROVED_MIN} minutes and for that computer.")}</p>
            <Field label="Code on the new computer" value=code test_id="approve-code" first=true hint="For example ABCD-EFGH" />
            <div class="row end">
                <button type="button" class="button" on:click=move |_| people.open.set(Open::Nothing)>"Cancel"</button>
                <button type="submit" class="button primary" data-testid="approve-submit" disabled=move || !ready() || people.busy.get()>"Approve"</button>
            </div>
        </form>
    }
}
