//! A letter that is being written: what it says on the left, how it looks on the right.

use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;
use wattle_domain::commands::{ProviderDetails, RecordProvider};
use wattle_domain::letter::TEMPLATES;
use wattle_protocol::ipc::letters::AddressBookQuery;

use crate::components::field::Field;
use crate::components::icon::Icon;
use crate::components::picker::Picker;
use crate::ipc;
use crate::state::live::Live;
use crate::state::record::letter::Letter;
use crate::state::record::record;

/// How many entries of the address book are offered.
const OFFERED: usize = 6;

/// Above those that were filed.
#[component]
pub(crate) fn LetterForm(letter: Letter) -> impl IntoView {
    let record = record();
    let template = RwSignal::new(String::new());
    // The clinic's own come first.
    let own = Live::new(move || Some(record.desk.addresses_moved()), |_| ipc::letters::letter_templates());
    let offered = move || {
        let own = own.value.get().unwrap_or_default().into_iter().map(|entry| entry.template);
        let own =
            own.filter(|one| one.active).map(|one| (one.id.to_string(), one.name, one.subject, one.body));
        let with_wattle = TEMPLATES
            .iter()
            .map(|one| (one.id.to_owned(), one.name.to_owned(), one.subject.to_owned(), one.body.to_owned()));
        own.chain(with_wattle).collect::<Vec<_>>()
    };
    let templates = Signal::derive(move || {
        let empty = std::iter::once((String::new(), "An empty page".to_owned()));
        empty.chain(offered().into_iter().map(|(id, name, ..)| (id, name))).collect::<Vec<_>>()
    });
    let begin = Callback::new(move |id: String| {
        if let Some((_, _, subject, body)) = untrack(offered).into_iter().find(|(one, ..)| *one == id) {
            letter.begin(&subject, &body);
        }
        template.set(id);
    });
    let kept = move || {
        let zone = record.desk.zone.get_untracked();
        match letter.editor.saved_at.get() {
            _ if letter.editor.unsaved.get() => {
                "It could not be saved: what is typed is only on the screen.".to_owned()
            }
            Some(at) if letter.editor.is_saved() => format!("Kept here as a draft, {}", zone.clock(at)),
            _ => String::new(),
        }
    };
    let open = move || {
        let fields = letter.open_fields();
        (!fields.is_empty()).then(|| format!("Still to be filled in: {}", fields.join(", ")))
    };
    view! {
        <form class="letter-form" aria-label="A letter" data-testid="letter-form" on:submit=move |ev| { ev.prevent_default(); letter.preview(); }>
            <div class="letter-text">
                <Picker label="Begin with" options=templates value=Signal::derive(move || template.get()) chosen=begin test_id="letter-template" />
                <Recipient letter=letter />
                <Field label="About" value=letter.subject test_id="letter-subject" hint="Referral, report, certificate" />
                <div class="field">
                    <label for="letter-body">"The letter"</label>
                    <textarea id="letter-body" class="box note-box letter-box" rows="18" data-testid="letter-body" spellcheck="true"
                        prop:value=move || letter.body.get() on:input=move |ev| letter.body.set(event_target_value(&ev))></textarea>
                    <div class="below">{move || match open() {
                        Some(open) => view! { <span class="odd" data-testid="letter-open">{open}</span> }.into_any(),
                        None => view! { <span class="soft">"A line that begins with # is a heading, one with - a line of a list."</span> }.into_any(),
                    }}</div>
                </div>
                <div class="row end">
                    <button type="button" class="button" data-testid="letter-discard" on:click=move |_| record.discard_letter(letter.patient_id)>"Throw away"</button>
                    <span class="soft small-print" role="status" data-testid="letter-kept">{kept}</span>
                    <div class="grow"></div>
                    <button type="submit" class="button" data-testid="letter-preview" disabled=move || letter.is_busy()>{Icon::Eye.svg()}"Preview"</button>
                    <button type="button" class="button" data-testid="letter-file" disabled=move || !letter.ready() || letter.is_busy()
                        on:click=move |_| letter.file(false)>"File"</button>
                    <button type="button" class="button primary" data-testid="letter-file-print" disabled=move || !letter.ready() || letter.is_busy()
                        on:click=move |_| letter.file(true)>{Icon::Printer.svg()}"File and print"</button>
                </div>
            </div>
            <div class="letter-pages" aria-label="How it looks" role="region">
                {move || {
                    let pages = letter.pages.get();
                    if pages.is_empty() {
                        view! { <p class="soft centred">"Preview shows the page as it will be printed."</p> }.into_any()
                    } else {
                        pages.into_iter().enumerate().map(|(n, page)| view! {
                            <img class="sheet-page" src=page alt=format!("Page {} of the letter", n + 1) data-testid="letter-page" />
                        }).collect_view().into_any()
                    }
                }}
            </div>
        </form>
    }
}

/// Who gets it: out of the address book, or written by hand.
#[component]
fn Recipient(letter: Letter) -> impl IntoView {
    let record = record();
    let query = RwSignal::new(String::new());
    let asked = RwSignal::new(0u32);
    let found = Live::new(
        move || Some((query.get(), asked.get())).filter(|(query, _)| !query.trim().is_empty()),
        |(query, _)| ipc::letters::address_book(AddressBookQuery { query, closed: false }),
    );
    // Who is not in the book yet is put there as the lines say: name, then where.
    let add = move |_| {
        let text = letter.recipient.get_untracked();
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let Some(name) = lines.next() else { return };
        let details = ProviderDetails {
            name: name.to_owned(),
            line1: lines.next().map(str::to_owned),
            suburb: lines.next().map(str::to_owned),
            ..ProviderDetails::default()
        };
        spawn_local(async move {
            let new = RecordProvider { provider_id: Uuid::nil().into(), details };
            match ipc::letters::record_provider(new).await {
                Ok(written) => {
                    letter.provider.try_set(Some(written.id.into()));
                    asked.try_update(|n| *n += 1);
                    record.desk.toasts.done("Added to the address book, saved here.", Vec::new());
                    letter.fill();
                }
                Err(error) => record.desk.toasts.fault(&error),
            }
        });
    };
    let typed = move |ev| {
        letter.recipient.set(event_target_value(&ev));
        letter.provider.set(None);
    };
    view! {
        <div class="recipient">
            <Field label="Find in the address book" value=query test_id="provider-search" hint="Name, profession or suburb" />
            <ul class="entries offered" aria-label="Found in the address book">
                {move || found.value.get().unwrap_or_default().into_iter().take(OFFERED).map(|entry| {
                    let shown = entry.clone();
                    let more = [shown.provider.profession, shown.provider.organisation, shown.provider.suburb].into_iter().flatten().collect::<Vec<_>>().join(", ");
                    view! {
                        <li class="entry"><button type="button" class="link entry-text" data-testid="provider"
                            on:click=move |_| { letter.address_to(&entry); query.set(String::new()); }><b>{shown.provider.name}</b><span class="soft">{more}</span></button></li>
                    }
                }).collect_view()}
            </ul>
            <div class="field">
                <label for="letter-recipient">"To"</label>
                <textarea id="letter-recipient" class="box" rows="4" data-testid="letter-recipient" prop:value=move || letter.recipient.get() on:input=typed></textarea>
                <div class="below">
                    {move || match (letter.provider.get(), letter.recipient.with(|text| text.trim().is_empty())) {
                        (Some(_), _) => view! { <span class="soft">"In the address book"</span> }.into_any(),
                        (None, true) => view! { <span class="soft">"Name and address, a line each"</span> }.into_any(),
                        (None, false) => view! { <button type="button" class="link" data-testid="provider-add" on:click=add>"Put into the address book"</button> }.into_any(),
                    }}
                </div>
            </div>
        </div>
    }
}
