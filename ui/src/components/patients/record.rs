//! A patient's record.

use leptos::prelude::*;
use serde_json::{Map, Value};
use wattle_domain::entities::{Address, PatientIdentifier};
use wattle_domain::fields::{AlertPlace, ContactKind};
use wattle_domain::role::{Action, Noun};
use wattle_domain::{PatientId, UserId};
use wattle_protocol::ipc::daybook::Card;
use wattle_protocol::ipc::patients::PatientRecord;

use crate::components::documents::list::DocumentList;
use crate::components::icon::Icon;
use crate::components::patients::papers::Papers;
use crate::components::record::account::Account;
use crate::components::record::page::ClinicalPage;
use crate::components::record::recall_form::RecallForm;
use crate::components::record::recalls::Recalls;
use crate::components::record::summary::Head;
use crate::components::restricted::form::WhoMayOpen;
use crate::components::restricted::{OpenDoor, Shut};
use crate::state::billing::MAY_READ_ACCOUNTS;
use crate::state::book::{Somebody, book};
use crate::state::desk::{Desk, Page, desk};
use crate::state::patients::cell::last_change;
use crate::state::patients::{Pane, Patients};
use crate::state::record::{Form, MAY_READ, record};
use crate::{show, words};

/// Beside the list.
#[component]
pub(crate) fn RecordView(id: PatientId) -> impl IntoView {
    let (desk, patients) = (desk(), expect_context::<Patients>());
    let record = patients.record;
    let (history, reason) = (RwSignal::new(false), RwSignal::new(String::new()));
    let shown = Memo::new(move |_| record.value.with(|r| r.as_ref().filter(|r| r.patient.id == id).cloned()));
    let face = Memo::new(move |_| {
        shown.with(|r| {
            let r = r.as_ref()?;
            let shut = r.restricted.is_some_and(|restricted| restricted.shut);
            Some(if shut {
                Face::Shut
            } else if desk.may(MAY_READ) {
                Face::Clinical
            } else {
                Face::Desk
            })
        })
    });
    let door = Memo::new(move |_| {
        shown.with(|r| {
            let r = r.as_ref()?;
            let restricted = r.restricted.filter(|restricted| !restricted.shut)?;
            Some((restricted, r.open_to.clone()))
        })
    });
    view! {
        {move || record.fault.get().map(|error| view! {
            <div class="strip danger" role="alert">{Icon::Attention.svg()}<span>{words::fault(&error)}</span></div>
        })}
        {move || door.get().map(|(restricted, open_to)| view! { <OpenDoor restricted=restricted open_to=open_to /> })}
        // What is answered anew makes the parts that show it anew, and never what somebody types into or is about to press.
        {move || face.get().map(|face| match face {
            Face::Shut => (move || shown.get().map(|r| view! { <Shut r=r reason=reason /> })).into_any(),
            Face::Clinical => view! { <ClinicalPage id=id r=shown history=history /> }.into_any(),
            Face::Desk => (move || shown.get().map(|r| view! { <Record r=r history=history /> })).into_any(),
        })}
    }
}

/// What is shown of a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Face {
    /// The door.
    Shut,
    /// For those who read the clinical record.
    Clinical,
    /// For the desk.
    Desk,
}

#[component]
fn Record(r: PatientRecord, history: RwSignal<bool>) -> impl IntoView {
    let (desk, book, patients) = (desk(), book(), expect_context::<Patients>());
    let p = r.patient.clone();
    let id = p.id;
    let name = show::patient(&p);
    let birth = p.birth_date;
    let somebody = Somebody { id, name: name.clone(), birth_date: birth };
    let look_for = move |_| {
        book.somebody.set(Some(somebody.clone()));
        book.in_hand.set(None);
        desk.page.set(Page::DayBook);
    };
    let number = p
        .record_number
        .clone()
        .map_or_else(|| "record number follows from the server".to_owned(), |n| format!("record {n}"));
    let who = Who { desk, names: StoredValue::new(r.names.clone()), history };
    let asks = record();
    let can_write = desk.may((Noun::Patient, Action::Write));
    let pending = !r.pending.is_empty();
    let changed = match r.updated_by {
        None => "the import".to_owned(),
        Some(user) => r.names.get(&user).cloned().unwrap_or_else(|| "somebody".to_owned()),
    };
    let updated_at = r.updated_at;
    let alerts = r.alerts.iter().filter(|a| a.place != AlertPlace::Billing).map(|a| view! {
        <p class="notice" data-severity=a.severity.as_str()>{Icon::Attention.svg()}<span>{a.text.clone()}</span></p>
    }).collect_view();
    view! {
        <article class="record" data-testid="patient-record" data-id=id.to_string() data-pending=pending.to_string()>
            <header class="record-head">
                <div>
                    <h1 data-testid="patient-name">{name}</h1>
                    <div class="facts tabular">
                        <span>{Icon::Cake.svg()}{move || birth.map_or_else(|| "birth date not known".to_owned(), |b| show::born(b, desk.today.get()))}</span>
                        <span>{words::sex_alone(p.sex)}</span>
                        <span class="soft" data-testid="record-number">{number}</span>
                        {pending.then(|| view! { <span class="worded mark pending">{Icon::CloudUp.svg()}"not yet on the server"</span> })}
                        {p.deceased_on.map(|d| view! { <span class="tag">"Died "{d.birth()}</span> })}
                    </div>
                </div>
                <div class="grow"></div>
                <div class="row">
                    <button type="button" class="button icon-only" class:on=move || history.get() aria-pressed=move || history.get().to_string()
                        aria-label="Who changed what" data-tip="Who changed what" data-testid="patient-history" on:click=move |_| history.update(|h| *h = !*h)>{Icon::History.svg()}</button>
                    <Show when=move || can_write>
                        <button type="button" class="button" data-testid="patient-edit" on:click=move |_| patients.pane.set(Pane::Edit(id))>{Icon::Pencil.svg()}"Edit"</button>
                    </Show>
                    <button type="button" class="button primary" data-testid="patient-book" on:click=look_for>{Icon::CalendarPlus.svg()}"Book"</button>
                </div>
            </header>
            {alerts}
            {move || (asks.form.get() == Form::Recall).then(|| view! { <RecallForm /> })}
            <div class="record-body">
                <section><Details r=r.clone() who=who /></section>
                <section>
                    <h2>"Appointments"</h2>
                    <Papers patient_id=id />
                    <Appointments cards=r.appointments.clone() />
                    <Head title="Recalls" form=Form::Recall key_name="" test_id="add-recall" />
                    <Recalls r=r.clone() />
                </section>
            </div>
            <section>
                <h2>"Documents"</h2>
                <DocumentList />
            </section>
            <Show when=move || desk.may(MAY_READ_ACCOUNTS)>
                <section>
                    <h2>"Account"</h2>
                    <Account />
                </section>
            </Show>
            <p class="soft small-print">{move || format!("Last changed by {changed}, {}", show::when(desk.zone.get(), desk.minute.get(), updated_at))}</p>
        </article>
    }
}

/// How to reach somebody, cards and the rest: a tab of the page of those who read records.
#[component]
pub(crate) fn Contacts(r: PatientRecord, history: RwSignal<bool>) -> impl IntoView {
    let who = Who { desk: desk(), names: StoredValue::new(r.names.clone()), history };
    view! { <Details r=r who=who /> }
}

#[component]
fn Details(r: PatientRecord, who: Who) -> impl IntoView {
    view! {
        <h2>"To reach them"</h2>
        <dl class="values">
            {r.contacts.iter().map(|c| contact(c, who)).collect_view()}
            {r.addresses.iter().map(|a| address(a, who)).collect_view()}
        </dl>
        {(r.contacts.is_empty() && r.addresses.is_empty()).then(|| view! { <p class="soft">"Nothing yet. Edit adds a phone."</p> })}
        <h2>"Cards"</h2>
        <dl class="values">
            {r.identifiers.iter().map(|i| identifier(i, who)).collect_view()}
        </dl>
        {r.identifiers.is_empty().then(|| view! { <p class="soft">"No card on file."</p> })}
        <h2>"More"</h2>
        {more(&r, who)}
        <WhoMayOpen r=r.clone() />
    }
}

/// Who changed a field last, shown on request.
#[derive(Clone, Copy)]
struct Who {
    desk: Desk,
    names: StoredValue<std::collections::BTreeMap<UserId, String>>,
    history: RwSignal<bool>,
}

impl Who {
    fn line(self, changes: &Map<String, Value>, fields: &[&str]) -> impl IntoView + use<> {
        let latest = fields.iter().filter_map(|f| last_change(changes, f)).max_by_key(|c| c.at);
        let said = latest.map(|c| {
            let name = self.names.with_value(|n| n.get(&c.by).cloned()).unwrap_or_else(|| "somebody".into());
            format!(
                "{name}, {}",
                show::when(self.desk.zone.get_untracked(), self.desk.now.get_untracked(), c.at)
            )
        });
        let said = said.unwrap_or_else(|| "as first entered".into());
        view! { <Show when=move || self.history.get()><span class="by">{said.clone()}</span></Show> }
    }
}

fn contact(c: &wattle_domain::entities::PatientContact, who: Who) -> impl IntoView + use<> {
    let shown = if c.kind == ContactKind::Email { c.value.clone() } else { show::tel(&c.value) };
    let more = [c.name.clone(), c.note.clone()].into_iter().flatten().collect::<Vec<_>>().join(", ");
    view! {
        <dt>{words::contact(c.kind)}</dt>
        <dd>
            <span class="tabular" data-testid=format!("contact-value-{}", c.kind.as_str())>{shown}</span>
            <span class="soft">{more}</span>
            {c.preferred.then(|| view! { <span class="tag">"first to try"</span> })}
            {who.line(&c.field_changes, &["value", "name", "note"])}
        </dd>
    }
}

fn address(a: &Address, who: Who) -> impl IntoView + use<> {
    let place = [a.suburb.clone(), a.state.clone(), a.postcode.clone()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ");
    let lines = [Some(a.line1.clone()), a.line2.clone(), Some(place)]
        .into_iter()
        .flatten()
        .filter(|l| !l.is_empty())
        .collect::<Vec<_>>()
        .join(", ");
    let label = if a.kind == wattle_domain::fields::AddressKind::Home { "Home" } else { "Post" };
    view! {
        <dt>{label}</dt>
        <dd><span data-testid=format!("address-{}", a.kind.as_str())>{lines}</span>{who.line(&a.field_changes, &["line1", "line2", "suburb", "state", "postcode"])}</dd>
    }
}

fn identifier(i: &PatientIdentifier, who: Who) -> impl IntoView + use<> {
    let shown = show::identifier(i.kind.as_str(), &i.value);
    let reference = i.reference.clone().map(|r| match i.kind {
        wattle_domain::fields::IdentifierKind::Medicare => format!("reference {r}"),
        _ => r,
    });
    let expiry = i.expires_on.map(|d| format!("to {}", d.0.format("%m/%Y")));
    let more = [reference, expiry].into_iter().flatten().collect::<Vec<_>>().join(", ");
    view! {
        <dt>{words::identifier(i.kind)}</dt>
        <dd>
            <span class="tabular" data-testid=format!("identifier-value-{}", i.kind.as_str())>{shown}</span>
            <span class="soft">{more}</span>
            {i.check_failed.then(|| view! { <span class="odd">"does not pass its check"</span> })}
            {who.line(&i.field_changes, &["value", "reference", "expires_on"])}
        </dd>
    }
}

fn more(r: &PatientRecord, who: Who) -> impl IntoView + use<> {
    let p = &r.patient;
    let book = book();
    let usual = p.usual_practitioner_id.map(|id| book.practitioner_name(id)).filter(|n| !n.is_empty());
    let indigenous = p.indigenous_status.as_ref().map(|code| {
        words::INDIGENOUS
            .iter()
            .find(|(c, _)| c == code)
            .map_or_else(|| code.clone(), |(_, w)| (*w).to_owned())
    });
    let rows = [
        ("title", p.title.clone()),
        ("gender", p.gender.clone()),
        ("pronouns", p.pronouns.clone()),
        ("indigenous_status", indigenous),
        ("interpreter_language", p.interpreter_language.clone()),
        ("usual_practitioner_id", usual),
    ];
    let rows: Vec<_> = rows.into_iter().filter_map(|(f, v)| v.map(|v| (f, v))).collect();
    let none = rows.is_empty();
    let rows = rows
        .into_iter()
        .map(|(field, value)| {
            view! { <dt>{words::field(field)}</dt><dd><span>{value}</span>{who.line(&p.field_changes, &[field])}</dd> }
        })
        .collect_view();
    let names =
        who.line(&p.field_changes, &["family_name", "given_name", "preferred_name", "birth_date", "sex"]);
    let history = who.history;
    view! {
        <dl class="values">
            {rows}
            <dt class:gone=move || !history.get()>"Name, birth date, sex"</dt>
            <dd class:gone=move || !history.get()>{names}</dd>
        </dl>
        <Show when=move || none && !history.get()><p class="soft">"Nothing more on file."</p></Show>
    }
}

/// Bookings, the latest first.
#[component]
pub(crate) fn Appointments(cards: Vec<Card>) -> impl IntoView {
    let (desk, book) = (desk(), book());
    let none = cards.is_empty();
    let rows = cards.into_iter().map(|card| {
        let (id, start_at, status) = (card.id, card.start_at, card.status);
        let zone = desk.zone.get_untracked();
        let day = zone.date(start_at);
        let open = move |_| {
            book.go_to(day);
            book.in_hand.set(Some(id));
            desk.page.set(Page::DayBook);
        };
        let kind = book.kind(card.type_id);
        let coming = move || start_at > desk.minute.get();
        view! {
            <button type="button" class="appointment-line" class:coming=coming data-testid="patient-appointment" data-id=id.to_string() on:click=open>
                <span class="tabular">{day.long()}</span>
                <span class="tabular">{zone.clock(start_at)}</span>
                <span class="cut">{book.practitioner_name(card.practitioner_id)}</span>
                <span class="cut soft">{kind.map(|k| k.name)}</span>
                <span class="state" data-status=status.as_str()>{words::status_icon(status).svg()}{words::status(status)}</span>
                {card.pending.then(|| view! { <span class="mark pending" data-tip="not yet on the server">{Icon::CloudUp.svg()}</span> })}
            </button>
        }
    });
    view! {
        <div class="appointments">{rows.collect_view()}</div>
        {none.then(|| view! { <p class="soft">"No appointments yet."</p> })}
    }
}
