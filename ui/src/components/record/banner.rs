//! Who this is, and what must be known before anything is done: it never leaves.

use leptos::prelude::*;
use wattle_domain::entities::Allergy;
use wattle_domain::fields::{AlertPlace, AllergyKind, EntryStatus, IdentifierKind};
use wattle_domain::role::{Action, Noun};
use wattle_protocol::ipc::patients::PatientRecord;

use crate::components::icon::Icon;
use crate::components::record::consultation::Consultation;
use crate::state::book::{Somebody, book};
use crate::state::desk::{Page, desk};
use crate::state::patients::{Pane, Patients};
use crate::state::record::{Form, record};
use crate::{show, words};

/// On top of the page, whatever is below.
#[component]
pub(crate) fn Banner(r: StoredValue<PatientRecord>, history: RwSignal<bool>) -> impl IntoView {
    let (desk, book, patients) = (desk(), book(), expect_context::<Patients>());
    let r = r.get_value();
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
    let number =
        p.record_number.clone().map_or_else(|| "number follows".to_owned(), |n| format!("record {n}"));
    let cards = r
        .identifiers
        .iter()
        .filter(|i| i.kind != IdentifierKind::Legacy)
        .map(|i| {
            let reference =
                i.reference.clone().filter(|_| i.kind == IdentifierKind::Medicare).map(|r| format!(" / {r}"));
            let shown = format!(
                "{} {}{}",
                words::identifier_short(i.kind),
                show::identifier(i.kind.as_str(), &i.value),
                reference.unwrap_or_default()
            );
            view! { <span class="soft" class:odd=i.check_failed>{shown}</span> }
        })
        .collect_view();
    let alerts = r.alerts.iter().filter(|a| a.place != AlertPlace::Billing).map(|a| view! {
        <span class="flag" data-severity=a.severity.as_str() data-testid="banner-alert">{Icon::Attention.svg()}<span>{a.text.clone()}</span></span>
    }).collect_view();
    let can_write = desk.may((Noun::Patient, Action::Write));
    let pending = !r.pending.is_empty();
    view! {
        <header class="banner" data-testid="patient-banner">
            <div class="banner-line">
                <button type="button" class="button bare icon-only" aria-label="Back to the list of patients" data-tip="The list" data-testid="banner-back"
                    on:click=move |_| patients.pane.set(Pane::Nobody)>{Icon::Left.svg()}</button>
                <h1 data-testid="patient-name">{name}</h1>
                <span class="tabular">{move || birth.map_or_else(|| "birth date not known".to_owned(), |b| show::born(b, desk.today.get()))}</span>
                <span>{words::sex_alone(p.sex)}</span>
                {p.pronouns.clone().map(|p| view! { <span class="soft">{p}</span> })}
                {p.deceased_on.map(|d| view! { <span class="tag">"Died "{d.birth()}</span> })}
                {pending.then(|| view! { <span class="worded mark pending">{Icon::CloudUp.svg()}"not yet on the server"</span> })}
                <div class="grow"></div>
                <Consultation cards=r.appointments.clone() />
                <Show when=move || can_write>
                    <button type="button" class="button icon-only" aria-label="Edit details" data-tip="Edit details" data-testid="patient-edit" on:click=move |_| patients.pane.set(Pane::Edit(id))>{Icon::Pencil.svg()}</button>
                </Show>
                <button type="button" class="button icon-only" class:on=move || history.get() aria-pressed=move || history.get().to_string()
                    aria-label="Who changed what" data-tip="Who changed what, on the tab Contacts" data-testid="patient-history" on:click=move |_| history.update(|h| *h = !*h)>{Icon::History.svg()}</button>
                <button type="button" class="button" data-testid="patient-book" on:click=look_for>{Icon::CalendarPlus.svg()}"Book"</button>
            </div>
            <div class="banner-line facts-line tabular">
                <span class="soft" data-testid="record-number">{number}</span>
                {cards}
            </div>
            <div class="banner-line flags">
                <Allergies />
                {alerts}
            </div>
        </header>
    }
}

/// Allergies by name, nil known, or that nobody has asked.
#[component]
fn Allergies() -> impl IntoView {
    let record = record();
    let standing = move || {
        record.with(|r| {
            r.allergies.iter().filter(|a| a.status == EntryStatus::Active).cloned().collect::<Vec<_>>()
        })
    };
    let writes = record.desk.may((Noun::ClinicalRecord, Action::Write));
    move || {
        let Some(standing) = standing() else {
            return view! { <span class="flag">"Reading the record …"</span> }.into_any();
        };
        let real: Vec<&Allergy> = standing.iter().filter(|a| a.kind != AllergyKind::NilKnown).collect();
        if real.is_empty() {
            let nil = !standing.is_empty();
            return view! {
                <span class="flag" data-testid="banner-allergies" data-allergies=if nil { "nil_known" } else { "not_asked" }>
                    {if nil { Icon::Check.svg() } else { Icon::Info.svg() }}
                    <span>{if nil { "Allergies: nil known" } else { "Allergies: not asked yet" }}</span>
                    {(!nil && writes).then(|| view! {
                        <button type="button" class="link" data-testid="banner-ask-allergies" on:click=move |_| record.form.set(Form::Allergy)>"Note"</button>
                    })}
                </span>
            }
            .into_any();
        }
        let said = real
            .iter()
            .map(|a| {
                let name = a.substance.clone().unwrap_or_default();
                match (&a.reaction, a.kind) {
                    (Some(reaction), _) => format!("{name} ({reaction})"),
                    (None, AllergyKind::Intolerance) => format!("{name} (intolerance)"),
                    (None, _) => name,
                }
            })
            .collect::<Vec<_>>()
            .join(" · ");
        view! {
            <span class="flag" data-severity="critical" data-testid="banner-allergies" data-allergies="known">
                {Icon::Allergy.svg()}<span>"Allergies: "{said}</span>
            </span>
        }
        .into_any()
    }
}
