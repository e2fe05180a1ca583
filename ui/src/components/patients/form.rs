//! The form: what is asked at the counter first. Checks say what is odd as a field is left; nothing is refused.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;
use wattle_domain::commands::RegisterPatient;
use wattle_domain::fields::{AddressKind, BirthDateAccuracy, ContactKind, IdentifierKind, Sex};
use wattle_domain::{PatientId, UserId};
use wattle_protocol::ipc::patients::PatientDraft;

use crate::components::field::Field;
use crate::components::icon::Icon;
use crate::components::patients::duplicates::Duplicates;
use crate::components::picker::{Picker, Segmented};
use crate::state::book::{Slot, Somebody, book};
use crate::state::desk::{Page, desk};
use crate::state::patients::cell::{Cell, Part};
use crate::state::patients::entry::Entry;
use crate::state::patients::{Pane, Patients, WaitingSlot};
use crate::{ipc, show, words};

/// Somebody new. When a slot of the book waits, the booking goes on there.
#[component]
pub(crate) fn RegisterForm(typed: String, waits: Option<WaitingSlot>) -> impl IntoView {
    let slot = waits;
    let (desk, book, patients) = (desk(), book(), expect_context::<Patients>());
    let pane = Pane::Register { typed: typed.clone(), slot };
    let entry = StoredValue::new(patients.begin(pane, || Entry::new(&typed)));
    let busy = RwSignal::new(false);
    let save = Callback::new(move |()| {
        let today = desk.today.get_untracked();
        let entry = entry.get_value();
        let details = entry.details(today);
        let name = show::person(
            &details.family_name,
            details.given_name.as_deref(),
            details.preferred_name.as_deref(),
        );
        let birth_date = details.birth_date;
        let verb = RegisterPatient { patient_id: PatientId(Uuid::nil()), details, parts: entry.parts(today) };
        busy.set(true);
        spawn_local(async move {
            match ipc::patients::register_patient(verb).await {
                Ok(written) => {
                    let id = PatientId(written.id);
                    desk.toasts.done(format!("{name} is registered."), Vec::new());
                    patients.end();
                    patients.show(id);
                    if let Some(slot) = slot {
                        book.somebody.set(Some(Somebody { id, name, birth_date }));
                        book.day.set(slot.date);
                        book.booking
                            .set(Some(Slot { key: (slot.practitioner_id, slot.date), minute: slot.minute }));
                        desk.page.set(Page::DayBook);
                    }
                }
                Err(error) => desk.toasts.fault(&error),
            }
            busy.try_set(false);
        });
    });
    let cancel = Callback::new(move |()| {
        patients.end();
        patients.pane.set(Pane::Nobody);
        if slot.is_some() {
            desk.page.set(Page::DayBook);
        }
    });
    let more = if slot.is_some() { "The slot is kept open; the booking goes on after saving." } else { "" };
    view! {
        <FormBody title="Register a patient" more=more entry=entry names=StoredValue::default() busy=busy save=save cancel=cancel
            save_label=if slot.is_some() { "Register and book" } else { "Register" } fresh=true />
    }
}

/// Over a record. The values that were seen when the form opened travel with each change.
#[component]
pub(crate) fn EditForm(id: PatientId) -> impl IntoView {
    let patients = expect_context::<Patients>();
    let here =
        Memo::new(move |_| patients.record.value.with(|r| r.as_ref().is_some_and(|r| r.patient.id == id)));
    view! { <Show when=move || here.get()><EditLoaded id=id /></Show> }
}

#[component]
fn EditLoaded(id: PatientId) -> impl IntoView {
    let (desk, patients) = (desk(), expect_context::<Patients>());
    let record = patients.record.value.get_untracked();
    let title = record.as_ref().map(|r| show::patient(&r.patient)).unwrap_or_default();
    let names = StoredValue::new(record.as_ref().map(|r| r.names.clone()).unwrap_or_default());
    let make = || record.as_ref().map_or_else(|| Entry::new(""), Entry::of);
    let entry = StoredValue::new(patients.begin(Pane::Edit(id), make));
    let busy = RwSignal::new(false);
    let save = Callback::new(move |()| {
        let verb = entry.with_value(|e| e.edit(id, desk.today.get_untracked()));
        if verb.edits.is_empty() && verb.parts == Default::default() {
            patients.end();
            patients.show(id);
            return;
        }
        busy.set(true);
        spawn_local(async move {
            match ipc::patients::edit_patient(verb).await {
                Ok(_) => {
                    desk.toasts.done("Saved.", Vec::new());
                    patients.end();
                    patients.show(id);
                }
                Err(error) => desk.toasts.fault(&error),
            }
            busy.try_set(false);
        });
    });
    let cancel = Callback::new(move |()| {
        patients.end();
        patients.show(id);
    });
    view! { <FormBody title=title more="" entry=entry names=names busy=busy save=save cancel=cancel save_label="Save" fresh=false /> }
}

type Names = StoredValue<std::collections::BTreeMap<UserId, String>>;

/// What the boxes of a form share.
#[derive(Clone, Copy)]
struct Shared {
    names: Names,
    history: RwSignal<bool>,
    left: Callback<()>,
}

#[component]
fn FormBody(
    #[prop(into)] title: String,
    more: &'static str,
    entry: StoredValue<Entry>,
    names: Names,
    busy: RwSignal<bool>,
    save: Callback<()>,
    cancel: Callback<()>,
    save_label: &'static str,
    fresh: bool,
) -> impl IntoView {
    let desk = desk();
    let history = RwSignal::new(false);
    let draft = RwSignal::new(None);
    let look = move || {
        let today = desk.today.get_untracked();
        let now = entry.try_with_value(|e| PatientDraft { details: e.details(today), parts: e.parts(today) });
        if let Some(now) = now.filter(|d| fresh && !d.details.family_name.is_empty()) {
            draft.try_set(Some(now));
        }
    };
    let shared = Shared { names, history, left: Callback::new(move |()| look()) };
    provide_context(shared);
    if fresh {
        set_timeout(look, Duration::ZERO);
    }
    let submit = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        let unreadable = entry.with_value(|e| e.unreadable(desk.today.get_untracked()));
        if let Some(cell) = unreadable.first() {
            cell.left.set(true);
            desk.toasts.fault_with(
                format!("{} is not read as a date. Write day, month, year, or leave it empty.", cell.label()),
                Vec::new(),
            );
        } else if !busy.get_untracked() {
            save.run(());
        }
    };
    let nameless = {
        let cell = entry.with_value(|e| e.cell(Part::Patient, "family_name"));
        move || cell.is_none_or(|c| c.text.with(|t| t.trim().is_empty()))
    };
    let of = move |part: Part| {
        entry.with_value(|e| e.of_part(part).flat_map(|r| r.cells.clone()).collect::<Vec<_>>())
    };
    let boxes =
        move |part: Part| of(part).into_iter().map(|cell| view! { <CellBox cell=cell /> }).collect_view();
    let one = move |column: &'static str, first: bool| {
        entry
            .with_value(|e| e.cell(Part::Patient, column))
            .map(|cell| view! { <CellBox cell=cell first=first /> })
    };
    let contact = move |kind| boxes(Part::Contact(kind));
    let card = move |kind| boxes(Part::Identifier(kind));
    view! {
        <form class="patient-form" on:submit=submit data-testid="patient-form" autocomplete="off">
            <header class="record-head">
                <div><h1>{title}</h1><p class="soft">{more}</p></div>
                <div class="grow"></div>
                <div class="row">
                    <Show when=move || !fresh>
                        <button type="button" class="button icon-only" class:on=move || history.get() aria-pressed=move || history.get().to_string()
                            aria-label="Who changed what" data-tip="Who changed what" on:click=move |_| history.update(|h| *h = !*h)>{Icon::History.svg()}</button>
                    </Show>
                    <button type="button" class="button" data-testid="patient-form-cancel" on:click=move |_| cancel.run(())>{if fresh { "Discard" } else { "Leave as it was" }}</button>
                    <button type="submit" class="button primary" data-testid="patient-form-save" disabled=move || busy.get() || nameless()>{save_label}</button>
                </div>
            </header>
            <div class="form-body" class:with-side=fresh>
                <div class="form-main">
                    <fieldset>
                        <legend>"At the counter"</legend>
                        <div class="cells">
                            {one("family_name", true)}{one("given_name", false)}{one("preferred_name", false)}
                            {one("birth_date", false)}
                            <SexChoice entry=entry />
                            {contact(ContactKind::Mobile)}
                            {card(IdentifierKind::Medicare)}
                        </div>
                    </fieldset>
                    <fieldset>
                        <legend>"To reach them"</legend>
                        <div class="cells">
                            {contact(ContactKind::Email)}{contact(ContactKind::Home)}{contact(ContactKind::Work)}
                            {boxes(Part::Address(AddressKind::Home))}
                            {boxes(Part::Address(AddressKind::Postal))}
                        </div>
                    </fieldset>
                    <fieldset>
                        <legend>"In an emergency"</legend>
                        <div class="cells">{contact(ContactKind::NextOfKin)}{contact(ContactKind::Guardian)}</div>
                    </fieldset>
                    <fieldset>
                        <legend>"Other cards"</legend>
                        <div class="cells">
                            {card(IdentifierKind::Dva)}{card(IdentifierKind::Pension)}{card(IdentifierKind::Hcc)}
                            {card(IdentifierKind::Ihi)}{card(IdentifierKind::Private)}
                        </div>
                    </fieldset>
                    <fieldset>
                        <legend>"More"</legend>
                        <div class="cells">
                            {one("title", false)}{one("gender", false)}{one("pronouns", false)}
                            <Indigenous entry=entry />
                            {one("interpreter_language", false)}
                            <UsualPractitioner entry=entry />
                            <Certainty entry=entry />
                        </div>
                    </fieldset>
                </div>
                {fresh.then(|| view! { <Duplicates draft=draft /> })}
            </div>
        </form>
    }
}

#[component]
fn CellBox(cell: Cell, #[prop(optional)] first: bool) -> impl IntoView {
    let desk = desk();
    let shared = expect_context::<Shared>();
    let odd =
        Signal::derive(move || if cell.left.get() { cell.odd(desk.today.get()) } else { String::new() });
    let below = Signal::derive(move || {
        let said = if shared.history.get() { by(cell, shared.names, desk) } else { String::new() };
        if !said.is_empty() {
            return said;
        }
        let reads = (cell.column == "birth_date").then(|| {
            crate::birth_date::parse(&cell.text.get(), desk.today.get())
                .map(|d| show::born(d, desk.today.get()))
        });
        reads.flatten().unwrap_or_default()
    });
    let left = Callback::new(move |()| {
        cell.left.set(true);
        shared.left.run(());
    });
    let class = match (cell.part, cell.column) {
        (Part::Address(_), "line1" | "line2")
        | (Part::Contact(ContactKind::NextOfKin | ContactKind::Guardian), _) => "wide",
        (_, "reference" | "state" | "postcode" | "expires_on" | "title") => "narrow",
        _ => "",
    };
    view! { <Field label=cell.label() value=cell.text test_id=cell.test_id() odd=odd below=below class=class first=first left=left /> }
}

/// `Maria Costa, 10:44 am`.
fn by(cell: Cell, names: Names, desk: crate::state::desk::Desk) -> String {
    match cell.last_change() {
        Some(c) => {
            let name = names.with_value(|n| n.get(&c.by).cloned()).unwrap_or_else(|| "somebody".into());
            format!("{name}, {}", show::when(desk.zone.get(), desk.minute.get(), c.at))
        }
        None if cell.known => "as first entered".into(),
        None => String::new(),
    }
}

fn patient_cell(entry: StoredValue<Entry>, column: &'static str) -> RwSignal<String> {
    entry
        .with_value(|e| e.cell(Part::Patient, column))
        .map_or_else(|| RwSignal::new(String::new()), |c| c.text)
}

#[component]
fn SexChoice(entry: StoredValue<Entry>) -> impl IntoView {
    let text = patient_cell(entry, "sex");
    let options = Sex::ALL.iter().map(|s| (s.as_str().to_owned(), words::sex(*s).to_owned())).collect();
    view! { <Segmented label="Sex" options=options value=text chosen=Callback::new(move |v| text.set(v)) test_id="patient-form-sex" /> }
}

#[component]
fn Certainty(entry: StoredValue<Entry>) -> impl IntoView {
    let text = patient_cell(entry, "birth_date_accuracy");
    let word = |a: BirthDateAccuracy| match a {
        BirthDateAccuracy::Exact => "As on a document",
        BirthDateAccuracy::Estimated => "Estimated",
        BirthDateAccuracy::Unknown => "Not known",
    };
    let options =
        BirthDateAccuracy::ALL.iter().map(|a| (a.as_str().to_owned(), word(*a).to_owned())).collect();
    view! { <Segmented label="Birth date is" options=options value=text chosen=Callback::new(move |v| text.set(v)) test_id="patient-form-birth_date_accuracy" /> }
}

#[component]
fn Indigenous(entry: StoredValue<Entry>) -> impl IntoView {
    let text = patient_cell(entry, "indigenous_status");
    let options = Signal::derive(|| {
        let asked = words::INDIGENOUS.iter().map(|(code, word)| ((*code).to_owned(), (*word).to_owned()));
        std::iter::once((String::new(), "Not asked".to_owned())).chain(asked).collect()
    });
    view! { <Picker label="Indigenous status" options=options value=text chosen=Callback::new(move |v| text.set(v)) test_id="patient-form-indigenous_status" /> }
}

#[component]
fn UsualPractitioner(entry: StoredValue<Entry>) -> impl IntoView {
    let book = book();
    let text = patient_cell(entry, "usual_practitioner_id");
    let options = Signal::derive(move || {
        let people = book.data.value.with(|b| {
            b.iter()
                .flat_map(|b| &b.practitioners)
                .map(|p| (p.id.to_string(), show::practitioner(p)))
                .collect::<Vec<_>>()
        });
        std::iter::once((String::new(), "Nobody in particular".to_owned())).chain(people).collect()
    });
    view! { <Picker label="Usual practitioner" options=options value=text chosen=Callback::new(move |v| text.set(v)) test_id="patient-form-usual_practitioner_id" /> }
}
