//! The address book, and the clinic's own letters to begin with: a list on the left, the one in hand on the right.

use leptos::prelude::*;
use uuid::Uuid;
use wattle_domain::role::{Action, Noun};
use wattle_protocol::ipc::letters::{AddressBookQuery, ProviderEntry, TemplateEntry};

use crate::components::addresses::provider_form::ProviderForm;
use crate::components::addresses::template_form::TemplateForm;
use crate::components::icon::Icon;
use crate::components::picker::Segmented;
use crate::state::desk::desk;
use crate::state::live::Live;
use crate::state::scans::MAY_FILE;
use crate::{ipc, words};

/// What is in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InHand {
    /// Nothing.
    None,
    /// Something new.
    New,
    /// One of the list.
    One(Uuid),
}

/// Everybody may look; who may change what the table of grants says.
#[component]
pub(crate) fn AddressesPage() -> impl IntoView {
    let desk = desk();
    let letters = RwSignal::new(false);
    let writes_letters = desk.may((Noun::LetterTemplate, Action::Write));
    let options = vec![
        ("book".to_owned(), "Address book".to_owned()),
        ("templates".to_owned(), "Letters to begin with".to_owned()),
    ];
    let value = Signal::derive(move || if letters.get() { "templates" } else { "book" }.to_owned());
    let chosen = Callback::new(move |which: String| letters.set(which == "templates"));
    view! {
        <div class="toolbar">
            <h1 class="day-title">{move || if letters.get() { "Letters to begin with" } else { "Address book" }}</h1>
            <div class="grow"></div>
            {writes_letters.then(|| view! { <Segmented label="Show" options=options value=value chosen=chosen test_id="addresses" /> })}
        </div>
        {move || if letters.get() { view! { <Templates /> }.into_any() } else { view! { <Book /> }.into_any() }}
    }
}

#[component]
fn Book() -> impl IntoView {
    let desk = desk();
    let writes = desk.may(MAY_FILE);
    let (query, closed, in_hand) =
        (RwSignal::new(String::new()), RwSignal::new(false), RwSignal::new(InHand::None));
    let live = Live::new(
        move || Some((query.get(), closed.get(), desk.addresses_moved())),
        |(query, closed, _)| ipc::letters::address_book(AddressBookQuery { query, closed }),
    );
    let entries = move || live.value.get().unwrap_or_default();
    let entry = Memo::new(move |_| match in_hand.get() {
        InHand::One(id) => {
            live.value.with(|all| all.iter().flatten().find(|e| e.provider.id.0 == id).cloned())
        }
        _ => None,
    });
    let saved = Callback::new(move |id: Uuid| in_hand.set(InHand::One(id)));
    let none = move || live.value.with(|all| all.as_ref().is_some_and(Vec::is_empty));
    view! {
        {move || live.fault.get().map(|error| view! { <div class="strip danger" role="alert">{Icon::Attention.svg()}<span>{words::fault(&error)}</span></div> })}
        <div class="patients addresses" data-testid="addresses-page">
            <div class="list-side">
                <div class="list-head">
                    <div class="search-box">{Icon::Search.svg()}
                        <input class="box" type="text" autocomplete="off" spellcheck="false" placeholder="Name, what they are, suburb" aria-label="Find in the address book" data-testid="addresses-search"
                            prop:value=move || query.get() on:input=move |ev| query.set(event_target_value(&ev)) /></div>
                    {writes.then(|| view! { <button type="button" class="button" data-testid="addresses-new" on:click=move |_| in_hand.set(InHand::New)>{Icon::PersonPlus.svg()}"Add"</button> })}
                </div>
                <ul class="hits" aria-label="The address book">
                    {move || entries().into_iter().map(|entry| view! { <Line entry=entry in_hand=in_hand /> }).collect_view()}
                </ul>
                <Show when=none><p class="soft empty-note">"Nobody here. Who gets letters from the clinic is added with the button above, or while a letter is written."</p></Show>
                <label class="check empty-note"><input type="checkbox" data-testid="addresses-closed" prop:checked=move || closed.get() on:change=move |ev| closed.set(event_target_checked(&ev)) />"Closed entries too"</label>
            </div>
            <div class="pane">
                {move || match (in_hand.get(), entry.get()) {
                    (InHand::New, _) if writes => view! { <ProviderForm entry=None saved=saved /> }.into_any(),
                    (InHand::One(_), Some(entry)) if writes => view! { <ProviderForm entry=Some(entry) saved=saved /> }.into_any(),
                    (InHand::One(_), Some(entry)) => view! { <Card entry=entry /> }.into_any(),
                    _ => view! { <p class="soft">"Choose somebody on the left."</p> }.into_any(),
                }}
            </div>
        </div>
    }
}

#[component]
fn Line(entry: ProviderEntry, in_hand: RwSignal<InHand>) -> impl IntoView {
    let one = entry.provider;
    let id = one.id.0;
    let on = move || in_hand.get() == InHand::One(id);
    let more = [one.profession, one.organisation, one.suburb, one.phone]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ");
    view! {
        <li class="hit" class:on=on class:faint=!one.active>
            <button type="button" class="link result-line" data-testid="address" data-id=id.to_string() data-active=one.active.to_string() aria-current=move || on().then_some("true")
                on:click=move |_| in_hand.set(InHand::One(id))>
                <span class="hit-main"><span class="hit-name cut">{one.name}</span>
                    {(!one.active).then(|| view! { <span class="tag">"closed"</span> })}
                    {entry.pending.then(|| view! { <span class="mark pending" data-tip="not yet on the server">{Icon::CloudUp.svg()}</span> })}</span>
                <span class="hit-more"><span class="cut">{more}</span></span>
            </button>
        </li>
    }
}

/// For those who may not change it.
#[component]
fn Card(entry: ProviderEntry) -> impl IntoView {
    let one = entry.provider;
    let place =
        [one.line1, one.suburb, one.state, one.postcode].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let lines =
        [one.profession, one.organisation, Some(place), one.phone, one.fax, one.email, one.provider_number];
    view! {
        <article><h1>{one.name}</h1>{lines.into_iter().flatten().map(|line| view! { <p>{line}</p> }).collect_view()}</article>
    }
}

#[component]
fn Templates() -> impl IntoView {
    let desk = desk();
    let in_hand = RwSignal::new(InHand::None);
    let live = Live::new(move || Some(desk.addresses_moved()), |_| ipc::letters::letter_templates());
    let entries = move || live.value.get().unwrap_or_default();
    let entry = Memo::new(move |_| match in_hand.get() {
        InHand::One(id) => {
            live.value.with(|all| all.iter().flatten().find(|e| e.template.id.0 == id).cloned())
        }
        _ => None,
    });
    let saved = Callback::new(move |id: Uuid| in_hand.set(InHand::One(id)));
    let none = move || live.value.with(|all| all.as_ref().is_some_and(Vec::is_empty));
    view! {
        {move || live.fault.get().map(|error| view! { <div class="strip danger" role="alert">{Icon::Attention.svg()}<span>{words::fault(&error)}</span></div> })}
        <div class="patients addresses" data-testid="templates-page">
            <div class="list-side">
                <div class="list-head"><div class="grow"></div><button type="button" class="button" data-testid="template-new" on:click=move |_| in_hand.set(InHand::New)>{Icon::Plus.svg()}"Add"</button></div>
                <ul class="hits" aria-label="Letters to begin with">
                    {move || entries().into_iter().map(|entry| view! { <TemplateLine entry=entry in_hand=in_hand /> }).collect_view()}
                </ul>
                <Show when=none><p class="soft empty-note">"None of your own yet. The five that come with Wattle are always offered."</p></Show>
            </div>
            <div class="pane">
                {move || match (in_hand.get(), entry.get()) {
                    (InHand::New, _) => view! { <TemplateForm entry=None saved=saved /> }.into_any(),
                    (InHand::One(_), Some(entry)) => view! { <TemplateForm entry=Some(entry) saved=saved /> }.into_any(),
                    _ => view! { <p class="soft">"Choose one on the left, or add one."</p> }.into_any(),
                }}
            </div>
        </div>
    }
}

#[component]
fn TemplateLine(entry: TemplateEntry, in_hand: RwSignal<InHand>) -> impl IntoView {
    let one = entry.template;
    let id = one.id.0;
    let on = move || in_hand.get() == InHand::One(id);
    view! {
        <li class="hit" class:on=on class:faint=!one.active>
            <button type="button" class="link result-line" data-testid="template" data-id=id.to_string() data-active=one.active.to_string() aria-current=move || on().then_some("true")
                on:click=move |_| in_hand.set(InHand::One(id))>
                <span class="hit-main"><span class="hit-name cut">{one.name}</span>
                    {(!one.active).then(|| view! { <span class="tag">"closed"</span> })}
                    {entry.pending.then(|| view! { <span class="mark pending" data-tip="not yet on the server">{Icon::CloudUp.svg()}</span> })}</span>
                <span class="hit-more"><span class="cut">{one.subject}</span></span>
            </button>
        </li>
    }
}
