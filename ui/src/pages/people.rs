//! Who works here, who sees patients, and at which computers: for those who may see to it.

use leptos::prelude::*;
use wattle_domain::role::{Action, Noun};
use wattle_protocol::admin::{Act, OpenCode, Overview};
use wattle_protocol::ipc::practitioners::Roster;

use crate::components::icon::Icon;
use crate::components::people::approve::Approve;
use crate::components::people::form::NewPerson;
use crate::components::people::practitioner_form::PractitionerForm;
use crate::components::people::{computer, person, practitioner};
use crate::state::desk::desk;
use crate::state::people::{KEEPS_ROSTER, Open, People};
use crate::{show, words};

/// People, computers, codes.
#[component]
pub(crate) fn PeoplePage() -> impl IntoView {
    let desk = desk();
    let people = People::new(desk);
    let may =
        move || desk.may((Noun::Account, Action::Write)) && desk.may((Noun::Workstation, Action::Write));
    // A list that is drawn anew would take what is being typed with it.
    let editing = Memo::new(move |_| matches!(people.open.get(), Open::Practitioner(_)));
    let make_code = move |_| {
        people.see_to(Act::MakeCode, "", |done| done.code.map_or(Open::Nothing, Open::Code));
    };
    view! {
        <div class="toolbar">
            <h1 class="day-title">"People and computers"</h1>
            <div class="grow"></div>
            <Show when=move || desk.may(KEEPS_ROSTER)>
                <button type="button" class="button" data-testid="practitioner-new" data-tip="Somebody with a column in the day book" on:click=move |_| people.open.set(Open::NewPractitioner)>{Icon::DayBook.svg()}"Add a practitioner"</button>
            </Show>
            <Show when=may>
                <button type="button" class="button" data-testid="approve" data-tip="A new computer that shows a code" on:click=move |_| people.open.set(Open::Approve)>{Icon::Check.svg()}"Approve a computer"</button>
                <button type="button" class="button" data-testid="code-make" data-tip="A code that makes one more computer a workstation" on:click=make_code>{Icon::Lock.svg()}"New code"</button>
                <button type="button" class="button primary" data-testid="person-new" on:click=move |_| people.open.set(Open::New)>{Icon::PersonPlus.svg()}"Add somebody"</button>
            </Show>
        </div>
        <div class="scroll">
            <div class="sheet" data-testid="people-page">
                {move || people.overview.fault.get().map(|error| view! {
                    <div class="strip danger" role="alert">{Icon::Attention.svg()}<span>{words::fault(&error)}</span></div>
                })}
                {move || match people.open.get() {
                    Open::New => view! { <NewPerson people=people /> }.into_any(),
                    Open::NewPractitioner => view! { <PractitionerForm people=people /> }.into_any(),
                    Open::Approve => view! { <Approve people=people /> }.into_any(),
                    Open::Code(code) => view! {
                        <div class="panel" role="status" data-testid="code-made">
                            <p>"Type this on the new computer. It is good for one computer and for a day, and is shown only now."</p>
                            <p class="big-code tabular" data-testid="code">{code}</p>
                            <div class="row end"><button type="button" class="button" on:click=move |_| people.open.set(Open::Nothing)>"Done"</button></div>
                        </div>
                    }.into_any(),
                    _ => ().into_any(),
                }}
                {move || people.roster.fault.get().map(|error| view! {
                    <div class="strip danger" role="alert">{Icon::Attention.svg()}<span>{words::fault(&error)}</span></div>
                })}
                {move || people.overview.value.with(|o| o.as_ref().map(|o| lists(people, o)))}
                {move || {
                    let lines = |r: &Option<Roster>| r.as_ref().map(|r| roster(people, r));
                    if editing.get() { people.roster.value.with_untracked(lines) } else { people.roster.value.with(lines) }
                }}
            </div>
        </div>
    }
}

/// What can be done with a computer, and how the three differ.
const WAYS: [&str; 3] = [
    "Stop: it sends and gets nothing until you let it go on; its people stay signed in, and it locks a quarter of an hour after it has left the network.",
    "Revoke: it is none of the clinic's any more; its people are signed out at once and nobody signs in at it, but nothing on it is destroyed.",
    "Wipe: when it is next heard of it hands over what is unsent, then destroys its keys and its copy of the clinic.",
];

fn lists(people: People, overview: &Overview) -> AnyView {
    let persons: Vec<AnyView> = overview.people.iter().map(|p| person::row(people, p)).collect();
    let lease = overview.offline_lease_h;
    let computers: Vec<AnyView> =
        overview.workstations.iter().map(|c| computer::row(people, c, lease)).collect();
    let codes: Vec<AnyView> = overview.codes.iter().map(|code| open_code(people, code)).collect();
    let nothing = codes.is_empty();
    view! {
        {table("People", ["Who", "Works here as", "Signed in last"], persons)}
        {table("Computers", ["Which", "State", "Heard of last"], computers)}
        <ul class="soft differ-list" data-testid="computer-ways">{WAYS.map(|way| view! { <li>{way}</li> })}</ul>
        {(!nothing).then(|| table("Codes that are still good", ["For", "Until", ""], codes))}
    }
    .into_any()
}

fn roster(people: People, roster: &Roster) -> AnyView {
    let rows = roster.practitioners.iter().map(|p| practitioner::row(people, p, &roster.locations)).collect();
    table("Practitioners", ["Who sees patients", "As", "Room"], rows)
}

fn table(name: &'static str, head: [&'static str; 3], rows: Vec<AnyView>) -> AnyView {
    let head: Vec<AnyView> =
        head.into_iter().map(|name| view! { <th scope="col">{name}</th> }.into_any()).collect();
    view! {
        <section class="sync-part">
            <h3>{name}</h3>
            <table class="plain roster"><thead><tr>{head}<th scope="col" aria-label="What can be done"></th></tr></thead><tbody>{rows}</tbody></table>
        </section>
    }
    .into_any()
}

fn open_code(people: People, code: &OpenCode) -> AnyView {
    let desk = desk();
    let id = code.id;
    let until = show::when(desk.zone.get_untracked(), desk.minute.get_untracked(), code.expires_at);
    let cancel = move |_| {
        people.see_to(Act::CancelCode { code: id }, "", |_| Open::Nothing);
    };
    view! {
        <tr data-testid="open-code"><td>"One more computer"</td><td>{until}</td><td></td>
            <td class="acts"><button type="button" class="button small" data-testid="code-cancel" on:click=cancel>"Take back"</button></td></tr>
    }
    .into_any()
}
