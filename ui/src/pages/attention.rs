//! Needs attention: each thing in plain words, one button per way out.

use leptos::prelude::*;
use wattle_protocol::ipc::attention::AttentionItem;

use crate::components::attention::conflict::conflict_card;
use crate::components::attention::glass::glass_card;
use crate::components::attention::keys;
use crate::components::attention::rejected::{aside_line, rejected_card};
use crate::components::attention::same_card::same_card;
use crate::components::icon::Icon;
use crate::state::attention::{Attention, Entry};
use crate::state::desk::desk;
use crate::{show, words};

/// The list.
#[component]
pub(crate) fn AttentionPage() -> impl IntoView {
    let desk = desk();
    let attention = expect_context::<Attention>();
    let items = attention.items;
    let empty = move || items.value.with(|i| i.is_some()) && attention.entries.with(Vec::is_empty);
    // An entry that changes is another one: its key is all of it.
    let keyed = move || {
        let entries = attention.entries.get();
        entries
            .into_iter()
            .map(|e| (serde_json::to_string(&e.items()).unwrap_or_default(), e))
            .collect::<Vec<_>>()
    };
    let card = move |entry: Entry| match entry {
        Entry::Conflict(item) => conflict_card(desk, *item),
        Entry::Rejected(items) => rejected_card(desk, items),
        Entry::Glass(item) => glass_card(desk, item),
        Entry::SameCard(item) => same_card(desk, item),
    };
    follow_the_focus(attention);
    let count = move || match attention.entries.with(Vec::len) {
        0 => String::new(),
        n => show::count(n as u64, "thing", "things"),
    };
    view! {
        <div class="toolbar">
            <h1 class="day-title">"Needs attention"</h1>
            <span class="soft" role="status">{count}</span>
            <div class="grow"></div>
            <span class="soft key-hints" class:gone=empty>
                <kbd>"J"</kbd><kbd>"K"</kbd>" next, before "<kbd>"1"</kbd><kbd>"2"</kbd>" choose "<kbd>"O"</kbd>" open the record"
            </span>
        </div>
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
                <For each=keyed key=|(key, _)| key.clone() let((_, entry))>{card(entry)}</For>
                {move || {
                    let aside = attention.aside();
                    (!aside.is_empty()).then(|| view! {
                        <details class="set-aside" data-testid="attention-set-aside-list">
                            <summary>{format!("Set aside in the last 7 days ({})", aside.len())}</summary>
                            {aside.into_iter().map(|item| aside_line(desk, item)).collect::<Vec<_>>()}
                        </details>
                    }.into_any())
                }}
            </div>
        </div>
    }
}

/// The cursor starts on the first card, and stays where it was when a card leaves.
fn follow_the_focus(attention: Attention) {
    let place = StoredValue::new(0_u32);
    let opened = StoredValue::new(false);
    Effect::new(move |_| {
        let any = attention.entries.with(|entries| !entries.is_empty());
        request_animation_frame(move || {
            // The button that opened the page has the focus at first: the keys are for what is on it.
            let first = any && opened.try_get_value() == Some(false);
            if first {
                opened.try_set_value(true);
            }
            if (first || keys::nobody_has_it())
                && let Some(place) = place.try_get_value()
            {
                keys::focus(place);
            }
        });
    });
    let follow = window_event_listener(leptos::ev::focusin, move |_| {
        if let Some(now) = keys::place() {
            place.try_set_value(now);
        }
    });
    on_cleanup(move || follow.remove());
}

impl Entry {
    /// What it is made of, for its key.
    fn items(&self) -> Vec<AttentionItem> {
        match self {
            Self::Conflict(item) => vec![AttentionItem::Conflict(item.as_ref().clone())],
            Self::Rejected(items) => items.iter().cloned().map(AttentionItem::Rejected).collect(),
            Self::Glass(item) => vec![AttentionItem::Glass(item.clone())],
            Self::SameCard(item) => vec![AttentionItem::SameCard(item.clone())],
        }
    }
}
