//! A box with a list: a few letters offer what is in it, and anything else may be written.

use leptos::ev::KeyboardEvent;
use leptos::html::Input;
use leptos::prelude::*;

use crate::components::field::focus_once;

/// Arrow keys walk the list, Enter takes; Escape closes it. `code` is that of what was taken, until another name is typed.
#[component]
pub(crate) fn Suggest(
    /// What is asked.
    #[prop(into)]
    label: String,
    /// What is typed.
    text: RwSignal<String>,
    /// The code of what was taken.
    code: RwSignal<Option<String>>,
    /// Code and name for what is typed.
    offer: fn(&str) -> Vec<(String, String)>,
    /// The name of a code.
    name: fn(&str) -> Option<String>,
    /// For scripts.
    #[prop(into)]
    test_id: String,
    /// An example.
    #[prop(optional, into)]
    hint: String,
) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    focus_once(input);
    let open = RwSignal::new(false);
    let at = RwSignal::new(0_usize);
    let lines = Memo::new(move |_| if open.get() { offer(&text.get()) } else { Vec::new() });
    let take = move |index: usize| {
        if let Some((taken, name)) = lines.with_untracked(|l| l.get(index).cloned()) {
            text.set(name);
            code.set(Some(taken));
            open.set(false);
        }
    };
    let typed = move |now: String| {
        // What goes on after the name (a strength) is still the same thing.
        let same = code.with_untracked(|c| c.as_deref().and_then(name).is_some_and(|n| now.starts_with(&n)));
        if !same {
            code.set(None);
        }
        text.set(now);
        at.set(0);
        open.set(!same);
    };
    let on_key = move |ev: KeyboardEvent| {
        let count = lines.with_untracked(Vec::len);
        if count == 0 {
            return;
        }
        match ev.key().as_str() {
            "ArrowDown" => at.update(|a| *a = (*a + 1).min(count - 1)),
            "ArrowUp" => at.update(|a| *a = a.saturating_sub(1)),
            "Enter" => take(at.get_untracked()),
            "Escape" => open.set(false),
            _ => return,
        }
        ev.prevent_default();
        ev.stop_propagation();
    };
    let id = format!("field-{test_id}");
    let list = format!("{id}-list");
    let shown = move || !lines.with(Vec::is_empty);
    view! {
        <div class="field picker wide">
            <label for=id.clone()>{label}</label>
            <input id=id node_ref=input class="box" type="text" autocomplete="off" spellcheck="false" data-testid=test_id
                role="combobox" aria-autocomplete="list" aria-expanded=move || shown().to_string() aria-controls=list.clone()
                prop:value=move || text.get() on:input=move |ev| typed(event_target_value(&ev)) on:keydown=on_key
                on:blur=move |_| open.set(false) />
            <Show when=shown>
                <div class="menu list" role="listbox" id=list.clone()>
                    {move || lines.get().into_iter().enumerate().map(|(index, (value, name))| view! {
                        <div class="menu-item" role="option" aria-selected=move || (at.get() == index).to_string() class:at=move || at.get() == index
                            data-value=value on:pointerenter=move |_| at.set(index)
                            on:pointerdown=move |ev| { ev.prevent_default(); take(index); }><span class="cut">{name}</span></div>
                    }).collect_view()}
                </div>
            </Show>
            <div class="below soft">{move || if code.with(Option::is_some) { "From the list".to_owned() } else { hint.clone() }}</div>
        </div>
    }
}
