//! Our own text field: label, box, what is odd about it.

use leptos::html::Input;
use leptos::prelude::*;

/// A labelled box. The label stands above; `odd` and `hint` below in words.
#[component]
pub(crate) fn Field(
    /// What is asked.
    #[prop(into)]
    label: String,
    /// What is typed.
    value: RwSignal<String>,
    /// For scripts.
    #[prop(into)]
    test_id: String,
    /// Hides what is typed.
    #[prop(optional)]
    secret: bool,
    /// The cursor starts here.
    #[prop(optional)]
    first: bool,
    /// An example or a reason.
    #[prop(optional, into)]
    hint: String,
    /// What is odd about it, empty when nothing is.
    #[prop(optional, into)]
    odd: Signal<String>,
    /// What else stands below it.
    #[prop(optional, into)]
    below: Signal<String>,
    /// How wide, in columns of the form: a class.
    #[prop(optional, into)]
    class: String,
    /// Called when the box is left.
    #[prop(optional, into)]
    left: Option<Callback<()>>,
) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    if first {
        focus_once(input);
    }
    let id = format!("field-{test_id}");
    let below_id = format!("{id}-below");
    let hint = StoredValue::new(hint);
    let has_below =
        move || !odd.get().is_empty() || !below.get().is_empty() || !hint.with_value(String::is_empty);
    view! {
        <div class=format!("field {class}") class:is-odd=move || !odd.get().is_empty()>
            <label for=id.clone()>{label}</label>
            <input
                id=id
                node_ref=input
                class="box"
                type=if secret { "password" } else { "text" }
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                data-testid=test_id
                aria-describedby=below_id.clone()
                prop:value=move || value.get()
                on:input=move |ev| value.set(event_target_value(&ev))
                on:blur=move |_| { if let Some(left) = left { left.try_run(()); } }
            />
            <Show when=has_below>
                <div class="below" id=below_id.clone()>
                    {move || match (odd.get(), below.get()) {
                        (odd, _) if !odd.is_empty() => view! { <span class="odd">{odd}</span> }.into_any(),
                        (_, below) if !below.is_empty() => view! { <span class="soft">{below}</span> }.into_any(),
                        _ => view! { <span class="soft">{hint.get_value()}</span> }.into_any(),
                    }}
                </div>
            </Show>
        </div>
    }
}

/// Puts the cursor into a box once it is on the page.
pub(crate) fn focus_once(input: NodeRef<Input>) {
    let done = StoredValue::new(false);
    Effect::new(move |_| {
        if let Some(element) = input.get()
            && !done.get_value()
        {
            done.set_value(true);
            request_animation_frame(move || {
                drop(element.focus());
                element.select();
            });
        }
    });
}
