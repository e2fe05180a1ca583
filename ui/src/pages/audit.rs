//! Who did and looked at what: both logs as one list, for those whose roles may read them.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wattle_domain::{ClinicZone, UserId, UtcInstant};
use wattle_protocol::ipc::audit::{AuditLine, AuditPage as Found, ExportAudit};

use crate::components::icon::Icon;
use crate::state::audit::Audit;
use crate::state::desk::desk;
use crate::{ipc, show, words};

/// How far back, in days; 0 for everything.
const SPANS: [(i64, &str); 4] =
    [(1, "Last 24 hours"), (7, "Last 7 days"), (30, "Last 30 days"), (0, "All of it")];
/// The time between doing and hearing from which both are shown: the work of an outage.
const LATE_MS: i64 = 60_000;

/// Filters, the list, and a way to take it out.
#[component]
pub(crate) fn AuditPage() -> impl IntoView {
    let desk = desk();
    let audit = Audit::new(desk);
    let written = RwSignal::new(None::<String>);
    let export = move |_| {
        let args = ExportAudit { query: audit.query(), ask: false };
        spawn_local(async move {
            match ipc::audit::export_audit(args).await {
                Ok(Some(done)) => {
                    let entries = show::count(done.lines, "entry", "entries");
                    written.try_set(Some(format!("{entries} saved: {}", done.path)));
                }
                Ok(None) => {}
                Err(error) => desk.toasts.fault(&error),
            }
        });
    };
    let list = move || {
        let (zone, now) = (desk.zone.get(), desk.minute.get());
        audit.page.value.with(|page| page.as_ref().map(|page| lines(audit, page, zone, now)))
    };
    view! {
        <div class="toolbar">
            <h1 class="day-title">"Log"</h1>
            <div class="grow"></div>
            <button type="button" class="button" data-testid="audit-export" data-tip="What the filters leave, as a file for a spreadsheet; that you took it is an entry of the log too" on:click=export>{Icon::CloudUp.svg()}"Save as CSV"</button>
        </div>
        <div class="scroll">
            <div class="sheet wide" data-testid="audit-page">
                <div class="filters" role="group" aria-label="What is shown">{filters(audit)}</div>
                <p role="status" data-testid="audit-written">{move || written.get()}</p>
                {move || audit.page.fault.get().map(|error| view! {
                    <div class="strip danger" role="alert">{Icon::Attention.svg()}<span>{words::fault(&error)}</span></div>
                })}
                {list}
            </div>
        </div>
    }
}

fn filters(audit: Audit) -> AnyView {
    let span = move |ev| {
        audit.after.set(None);
        audit.days.set(event_target_value(&ev).parse().unwrap_or(0));
    };
    let who = move |ev| {
        audit.after.set(None);
        audit.user.set(event_target_value(&ev).parse().ok().map(UserId));
    };
    let what = move |ev| {
        audit.after.set(None);
        audit.action.set(Some(event_target_value(&ev)).filter(|word| !word.is_empty()));
    };
    let spans = SPANS.map(|(days, label)| {
        view! { <option value=days.to_string() selected=move || audit.days.get() == days>{label}</option> }
    });
    let users = Memo::new(move |_| {
        audit.page.value.with(|p| p.as_ref().map(|p| p.users.clone()).unwrap_or_default())
    });
    let actions = Memo::new(move |_| {
        audit.page.value.with(|p| p.as_ref().map(|p| p.actions.clone()).unwrap_or_default())
    });
    let users = move || {
        let option = |(id, name): (UserId, String)| {
            view! { <option value=id.to_string() selected=move || audit.user.get() == Some(id)>{name}</option> }.into_any()
        };
        users.get().into_iter().map(option).collect::<Vec<AnyView>>()
    };
    let actions = move || {
        let mut words: Vec<(&'static str, String)> =
            actions.get().into_iter().map(|word| (words::act(&word), word)).collect();
        words.sort();
        let option = |(label, word): (&'static str, String)| {
            let mine = word.clone();
            view! { <option value=word selected=move || audit.action.get().as_ref() == Some(&mine)>{label}</option> }.into_any()
        };
        words.into_iter().map(option).collect::<Vec<AnyView>>()
    };
    view! {
        <label>"When"<select class="box" data-testid="audit-span" on:change=span>{spans.into_iter().collect::<Vec<_>>()}</select></label>
        <label>"Who"<select class="box" data-testid="audit-user" on:change=who><option value="">"Everybody"</option>{users}</select></label>
        <label>"What"<select class="box" data-testid="audit-action" on:change=what><option value="">"Everything"</option>{actions}</select></label>
        {move || audit.patient.get().map(|(_, name)| view! {
            <button type="button" class="button small" data-testid="audit-patient-clear" aria-label=format!("Only {name}; press for all patients")
                on:click=move |_| { audit.after.set(None); audit.patient.set(None); }>{format!("Only {name}")}{Icon::Close.svg()}</button>
        })}
    }
    .into_any()
}

fn lines(audit: Audit, page: &Found, zone: ClinicZone, now: UtcInstant) -> AnyView {
    if page.lines.is_empty() {
        return view! { <p class="soft" data-testid="audit-empty">"Nothing in the log agrees with this."</p> }.into_any();
    }
    let rows: Vec<AnyView> = page.lines.iter().map(|entry| line(audit, entry, zone, now)).collect();
    let last = page.lines.last().map(|last| (last.at, last.id)).filter(|_| page.more);
    view! {
        <table class="plain log"><thead><tr>
            <th scope="col">"When"</th><th scope="col">"Who"</th><th scope="col">"What"</th><th scope="col">"Patient"</th><th scope="col">"More"</th>
        </tr></thead><tbody>{rows}</tbody></table>
        <div class="row">
            {move || audit.after.get().map(|_| view! {
                <button type="button" class="button" data-testid="audit-newest" on:click=move |_| audit.after.set(None)>"Newest"</button>
            })}
            {last.map(|last| view! {
                <button type="button" class="button" data-testid="audit-older" on:click=move |_| audit.after.set(Some(last))>"Older"</button>
            })}
        </div>
    }
    .into_any()
}

fn line(audit: Audit, entry: &AuditLine, zone: ClinicZone, now: UtcInstant) -> AnyView {
    let heard = show::when(zone, now.max(entry.at), entry.at);
    let done = entry.issued_at.filter(|done| entry.at.0 - done.0 > LATE_MS);
    let (when, late) = match done {
        Some(done) => (show::when(zone, now.max(done), done), Some(format!("heard of {heard}"))),
        None => (heard, None),
    };
    let patient = entry.patient.map(|id| {
        let name = entry.patient_name.clone().unwrap_or_else(|| "a patient".to_owned());
        let shown = name.clone();
        view! { <button type="button" class="link" data-tip="Only what is about them"
            on:click=move |_| { audit.after.set(None); audit.patient.set(Some((id, name.clone()))); }>{shown}</button> }
    });
    let refused = entry.outcome.as_deref().filter(|outcome| *outcome != "applied").map(words::outcome);
    let mut more: Vec<String> = Vec::new();
    // Whose row it is the column before says; ids say nothing to people.
    for word in entry.more.iter().filter(|word| !word.ends_with("_id") && !word.ends_with(".id")) {
        let said = words::more(word);
        if !more.contains(&said) {
            more.push(said);
        }
    }
    more.extend(entry.reason.clone());
    let more = more.join(", ");
    view! {
        <tr data-testid="audit-line" data-action=entry.action.clone()>
            <td class="tabular">{when}{late.map(|late| view! { <br/><span class="soft">{late}</span> })}</td>
            <td>{entry.user_name.clone().unwrap_or_else(|| "nobody known".to_owned())}<br/><span class="soft">{entry.workstation_name.clone()}</span></td>
            <td>{words::act(&entry.action)}{refused.map(|word| view! { <br/><span class="soft">{word}</span> })}</td>
            <td>{patient}</td>
            <td class="soft">{more}</td>
        </tr>
    }
    .into_any()
}
