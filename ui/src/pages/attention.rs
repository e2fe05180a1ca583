//! Needs attention: each thing in plain words, one button per way out.

use leptos::prelude::*;
use wattle_protocol::ipc::attention::AttentionItem;

use crate::components::attention::conflict::ConflictCard;
use crate::components::attention::rejected::RejectedCard;
use crate::components::icon::Icon;
use crate::state::attention::Attention;
use crate::words;

/// The list.
#[component]
pub(crate) fn AttentionPage() -> impl IntoView {
    let items = expect_context::<Attention>().items;
    let empty = move || items.value.with(|i| i.as_ref().is_some_and(Vec::is_empty));
    // An item that changes is another one: its key is all of it.
    let keyed = move || {
        let items = items.value.get().unwrap_or_default();
        items.into_iter().map(|i| (serde_json::to_string(&i).unwrap_or_default(), i)).collect::<Vec<_>>()
    };
    view! {
        <div class="toolbar"><h1 class="day-title">"Needs attention"</h1></div>
        {move || items.fault.get().map(|error| view! {
            <div class="strip danger" role="alert">{Icon::Attention.svg()}<span>{words::fault(&error)}</span></div>
        })}
        <div class="scroll">
            <Show when=empty>
                <div class="nothing" data-testid="attention-empty">
                    {Icon::Done.svg()}
                    <h2>"Nothing needs you"</h2>
                    <p>"When two people change the same thing without seeing each other, or the server cannot accept a change, it is kept here until somebody decides."</p>
                </div>
            </Show>
            <div class="attention">
                <For each=keyed key=|(key, _)| key.clone() let((_, item))>
                    {match item {
                        AttentionItem::Conflict(item) => view! { <ConflictCard item=item /> }.into_any(),
                        AttentionItem::Rejected(item) => view! { <RejectedCard item=item /> }.into_any(),
                    }}
                </For>
            </div>
        </div>
    }
}
