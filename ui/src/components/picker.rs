//! Our own controls for choosing one of several: a list that drops down, and buttons side by side.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use crate::components::icon::Icon;

/// A button that shows the choice and drops a list. Arrow keys walk it, Enter chooses, Escape closes.
#[component]
pub(crate) fn Picker(
    /// What is asked.
    #[prop(into)]
    label: String,
    /// The label stands above it; else only screen readers get it.
    #[prop(default = true)]
    shown_label: bool,
    /// Value and text of each.
    options: Signal<Vec<(String, String)>>,
    /// The value that is chosen.
    #[prop(into)]
    value: Signal<String>,
    /// Called with another value.
    chosen: Callback<String>,
    /// For scripts.
    #[prop(into)]
    test_id: String,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let at = RwSignal::new(0_usize);
    let text = move || {
        let value = value.get();
        options
            .with(|o| o.iter().find(|(v, _)| *v == value).map(|(_, t)| t.clone()))
            .unwrap_or_else(|| "Choose".into())
    };
    let unfold = move || {
        let value = value.get_untracked();
        at.set(options.with_untracked(|o| o.iter().position(|(v, _)| *v == value)).unwrap_or(0));
        open.set(true);
    };
    let choose = move |index: usize| {
        if let Some((value, _)) = options.with_untracked(|o| o.get(index).cloned()) {
            chosen.run(value);
        }
        open.set(false);
    };
    let on_key = move |ev: KeyboardEvent| {
        let count = options.with_untracked(Vec::len);
        match ev.key().as_str() {
            "ArrowDown" if open.get_untracked() => at.update(|a| *a = (*a + 1).min(count.saturating_sub(1))),
            "ArrowUp" if open.get_untracked() => at.update(|a| *a = a.saturating_sub(1)),
            "ArrowDown" | "ArrowUp" => unfold(),
            "Enter" | " " if open.get_untracked() => choose(at.get_untracked()),
            "Escape" if open.get_untracked() => open.set(false),
            "Tab" => {
                open.set(false);
                return;
            }
            _ => return,
        }
        ev.prevent_default();
        ev.stop_propagation();
    };
    let name = label.clone();
    let id = format!("picker-{test_id}");
    let list = format!("{id}-list");
    view! {
        <div class="picker field">
            {shown_label.then(|| view! { <span class="label" aria-hidden="true">{label}</span> })}
            <button type="button" class="box picker-box" id=id data-testid=test_id role="combobox" aria-haspopup="listbox"
                aria-expanded=move || open.get().to_string() aria-controls=list.clone()
                aria-label=move || format!("{name}: {}", text())
                on:click=move |_| if open.get_untracked() { open.set(false) } else { unfold() } on:keydown=on_key>
                <span class="cut">{text}</span>
                {Icon::Down.svg()}
            </button>
            <Show when=move || open.get()>
                <div class="menu-back" on:click=move |_| open.set(false)></div>
                <div class="menu list" role="listbox" id=list.clone()>
                    {move || options.get().into_iter().enumerate().map(|(index, (v, t))| {
                        let is_on = value.get() == v;
                        view! {
                            <div class="menu-item" role="option" aria-selected=is_on.to_string() class:at=move || at.get() == index
                                data-value=v on:pointerenter=move |_| at.set(index) on:click=move |_| choose(index)>
                                <span class="cut">{t}</span>
                                {is_on.then(|| Icon::Check.svg())}
                            </div>
                        }
                    }).collect_view()}
                </div>
            </Show>
        </div>
    }
}

/// Buttons side by side, one of them on: for a few short choices.
#[component]
pub(crate) fn Segmented(
    /// What is asked.
    #[prop(into)]
    label: String,
    /// Value and text of each.
    options: Vec<(String, String)>,
    /// The value that is on.
    #[prop(into)]
    value: Signal<String>,
    /// Called with another value.
    chosen: Callback<String>,
    /// For scripts; each button has `{test_id}-{value}`.
    #[prop(into)]
    test_id: String,
) -> impl IntoView {
    let name = label.clone();
    let buttons = options.into_iter().map(|(v, t)| {
        let (mine, again) = (v.clone(), v.clone());
        let on = Signal::derive(move || value.get() == mine);
        let test_id = format!("{test_id}-{v}");
        view! {
            <button type="button" class="button" role="radio" class:on=on aria-checked=move || on.get().to_string()
                data-testid=test_id on:click=move |_| chosen.run(again.clone())>{t}</button>
        }
    });
    view! {
        <div class="field">
            <span class="label" aria-hidden="true">{label}</span>
            <div class="joined" role="radiogroup" aria-label=name >{buttons.collect_view()}</div>
        </div>
    }
}
