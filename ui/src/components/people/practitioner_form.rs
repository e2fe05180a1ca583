//! The form of somebody who sees patients, new or known.

use leptos::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;
use wattle_domain::TableName;
use wattle_domain::commands::{
    EditPractitioner, FieldEdit, LONGEST_USUAL_MIN, NewProviderNumber, PractitionerDetails,
    RecordPractitioner,
};
use wattle_domain::fields::LocationKind;
use wattle_domain::identifiers::{ahpra, provider_number};
use wattle_protocol::ipc::practitioners::{PractitionerEntry, Roster};

use crate::components::field::Field;
use crate::components::picker::Picker;
use crate::state::people::{Open, People};

/// How long an appointment usually is, for somebody new, minutes.
const USUAL_MIN: i64 = 15;

/// A provider number and what it is for.
#[derive(Clone)]
struct Number {
    site: Option<(Uuid, String)>,
    row: Option<(Uuid, wattle_domain::Rev)>,
    was: String,
    text: RwSignal<String>,
}

/// One box a site, and one for a number that names none.
fn numbers(roster: &Roster, entry: Option<&PractitionerEntry>) -> Vec<Number> {
    let known = entry.map(|e| e.provider_numbers.as_slice()).unwrap_or_default();
    let mut boxes: Vec<Number> = Vec::new();
    for (number, rev) in known {
        let site = number.location_id.and_then(|id| roster.locations.iter().find(|l| l.id == id));
        boxes.push(Number {
            site: site.map(|site| (site.id.0, site.name.clone())),
            row: Some((number.id, *rev)),
            was: number.provider_number.clone(),
            text: RwSignal::new(number.provider_number.clone()),
        });
    }
    let sites: Vec<_> = roster.locations.iter().filter(|l| l.kind == LocationKind::Site).collect();
    for site in &sites {
        if !boxes.iter().any(|b| b.site.as_ref().is_some_and(|(id, _)| *id == site.id.0)) {
            let site = Some((site.id.0, site.name.clone()));
            boxes.push(Number { site, row: None, was: String::new(), text: RwSignal::new(String::new()) });
        }
    }
    if boxes.is_empty() {
        boxes.push(Number { site: None, row: None, was: String::new(), text: RwSignal::new(String::new()) });
    }
    boxes
}

/// Somebody new without an `entry`.
#[component]
pub(crate) fn PractitionerForm(
    people: People,
    #[prop(optional)] entry: Option<PractitionerEntry>,
) -> impl IntoView {
    let roster = people.roster.value.get_untracked().unwrap_or_default();
    let who = entry.as_ref().map(|e| e.practitioner.clone());
    let text = |of: Option<String>| RwSignal::new(of.unwrap_or_default());
    let of =
        |get: fn(&wattle_domain::entities::Practitioner) -> Option<String>| text(who.as_ref().and_then(get));
    let title = of(|p| p.title.clone());
    let family = of(|p| Some(p.family_name.clone()));
    let given = of(|p| p.given_name.clone());
    let profession = of(|p| p.profession.clone());
    let ahpra_number = of(|p| p.ahpra_number.clone());
    let hpii = of(|p| p.hpii.clone());
    let prescriber = of(|p| p.prescriber_number.clone());
    let minutes = text(Some(who.as_ref().map_or(USUAL_MIN, |p| p.usual_duration_min).to_string()));
    let room = of(|p| p.usual_room_id.map(|id| id.to_string()));
    let account = of(|p| p.user_id.map(|id| id.to_string()));
    let last = roster.practitioners.iter().map(|p| p.practitioner.sort).max().unwrap_or_default();
    let place = text(Some(who.as_ref().map_or(last + 1, |p| p.sort).to_string()));
    let boxes = numbers(&roster, entry.as_ref());

    let none = (String::new(), "None".to_owned());
    let rooms = roster.locations.iter().filter(|l| l.kind == LocationKind::Room);
    let rooms: Vec<_> =
        [none.clone()].into_iter().chain(rooms.map(|l| (l.id.to_string(), l.name.clone()))).collect();
    let accounts = roster.people.iter().map(|(id, name)| (id.to_string(), name.clone()));
    let accounts: Vec<_> = [none].into_iter().chain(accounts).collect();

    let whole = |signal: RwSignal<String>| move || signal.with(|s| s.trim().parse::<i64>().ok());
    let (length, order) = (whole(minutes), whole(place));
    let length = move || length().filter(|min| (1..=LONGEST_USUAL_MIN).contains(min));
    let ready = {
        let boxes = boxes.clone();
        move || {
            // A number that is there can be changed and not emptied: claims name it.
            let emptied = boxes.iter().any(|b| b.row.is_some() && b.text.with(|t| t.trim().is_empty()));
            !family.with(|f| f.trim().is_empty()) && length().is_some() && order().is_some() && !emptied
        }
    };
    let fresh = {
        let boxes = boxes.clone();
        move || -> Vec<NewProviderNumber> {
            let new = boxes.iter().filter(|b| b.row.is_none());
            new.filter_map(|b| {
                let provider_number = b.text.get_untracked().trim().to_owned();
                let location_id = b.site.as_ref().map(|(id, _)| (*id).into());
                (!provider_number.is_empty()).then(|| NewProviderNumber {
                    id: Uuid::nil(),
                    location_id,
                    provider_number,
                })
            })
            .collect()
        }
    };
    let typed = move |signal: RwSignal<String>| {
        Some(signal.get_untracked().trim().to_owned()).filter(|t| !t.is_empty())
    };
    let shown = StoredValue::new(boxes.clone());
    let save = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        let (Some(usual), Some(sort)) = (untrack(length), untrack(order)) else { return };
        let Some(entry) = &entry else {
            let details = PractitionerDetails {
                title: typed(title),
                family_name: family.get_untracked(),
                given_name: typed(given),
                profession: typed(profession),
                ahpra_number: typed(ahpra_number),
                hpii: typed(hpii),
                prescriber_number: typed(prescriber),
                usual_duration_min: usual,
                usual_room_id: typed(room).and_then(|id| id.parse().ok()),
                sort,
                user_id: typed(account).and_then(|id| id.parse().ok()),
            };
            let practitioner_id = Uuid::nil().into();
            let new = RecordPractitioner { practitioner_id, details, provider_numbers: fresh() };
            people.record(new);
            return;
        };
        let (id, rev) = (entry.practitioner.id, entry.rev);
        let was = serde_json::to_value(&entry.practitioner).unwrap_or_default();
        let now = [
            ("title", json!(typed(title))),
            ("family_name", json!(typed(family))),
            ("given_name", json!(typed(given))),
            ("profession", json!(typed(profession))),
            ("ahpra_number", json!(typed(ahpra_number))),
            ("hpii", json!(typed(hpii))),
            ("prescriber_number", json!(typed(prescriber))),
            ("usual_duration_min", json!(usual)),
            ("usual_room_id", json!(typed(room))),
            ("sort", json!(sort)),
            ("user_id", json!(typed(account))),
        ];
        let changed = now.into_iter().filter_map(|(field, now)| {
            let was = was.get(field).cloned().unwrap_or(Value::Null);
            let edit = |was| FieldEdit {
                table: TableName::Practitioner,
                row_id: id.0,
                field: field.to_owned(),
                seen_rev: rev,
                was,
                now: now.clone(),
            };
            (was != now).then(|| edit(was))
        });
        let numbers = boxes.iter().filter_map(|b| {
            let (row_id, seen_rev) = b.row?;
            let now = b.text.get_untracked().trim().to_owned();
            (now != b.was).then(|| FieldEdit {
                table: TableName::PractitionerLocation,
                row_id,
                field: "provider_number".to_owned(),
                seen_rev,
                was: json!(b.was),
                now: json!(now),
            })
        });
        let edits: Vec<_> = changed.chain(numbers).collect();
        let provider_numbers = fresh();
        if edits.is_empty() && provider_numbers.is_empty() {
            people.open.set(Open::Nothing);
            return;
        }
        people.edit(EditPractitioner { practitioner_id: id, edits, provider_numbers }, "Saved.");
    };
    let number = |(n, b): (usize, &Number)| {
        let label = match &b.site {
            Some((_, site)) => format!("Provider number at {site}"),
            None => "Provider number".to_owned(),
        };
        let text = b.text;
        let odd = Signal::derive(move || {
            let cleaned = provider_number::clean(&text.get());
            if cleaned.is_empty() { String::new() } else { said(provider_number::check(&cleaned)) }
        });
        view! { <Field label=label value=text test_id=format!("practitioner-number-{n}") odd=odd hint="For example 2426621B" /> }.into_any()
    };
    let odd_ahpra = Signal::derive(move || match ahpra_number.get().trim() {
        "" => String::new(),
        number => said(ahpra::check(number)),
    });
    let odd_minutes = Signal::derive(move || match length() {
        Some(_) => String::new(),
        None => "Minutes, as a number: 15".to_owned(),
    });
    let odd_place = Signal::derive(move || match order() {
        Some(_) => String::new(),
        None => "A number: 1 stands first".to_owned(),
    });
    view! {
        <form class="panel" aria-label="Who sees patients" data-testid="practitioner-form" on:submit=save>
            <div class="cells">
                <Field label="Title" value=title test_id="practitioner-title" first=true class="narrow" />
                <Field label="Given name" value=given test_id="practitioner-given" />
                <Field label="Family name" value=family test_id="practitioner-family" class="wide" />
                <Field label="Sees patients as" value=profession test_id="practitioner-kind" hint="For example General practitioner, Physiotherapist" class="wide" />
                <Picker label="Room" options=Signal::stored(rooms) value=Signal::derive(move || room.get()) chosen=Callback::new(move |v| room.set(v)) test_id="practitioner-room" />
                <Field label="Usual length, minutes" value=minutes test_id="practitioner-minutes" odd=odd_minutes />
                <Field label="Place in the day book" value=place test_id="practitioner-place" odd=odd_place hint="1 stands first from the left" />
                {shown.with_value(|boxes| (1..).zip(boxes).map(number).collect::<Vec<_>>())}
                <Field label="AHPRA registration" value=ahpra_number test_id="practitioner-ahpra" odd=odd_ahpra hint="MED0001234567" />
                <Field label="Prescriber number" value=prescriber test_id="practitioner-prescriber" />
                <Field label="HPI-I" value=hpii test_id="practitioner-hpii" hint="16 digits" />
                <Picker label="Signs in as" options=Signal::stored(accounts) value=Signal::derive(move || account.get()) chosen=Callback::new(move |v| account.set(v)) test_id="practitioner-account" />
            </div>
            <div class="row end">
                <button type="button" class="button" on:click=move |_| people.open.set(Open::Nothing)>"Cancel"</button>
                <button type="submit" class="button primary" data-testid="practitioner-save" disabled=move || !ready() || people.busy.get()>"Save"</button>
            </div>
        </form>
    }
}

/// What is odd about a number; it is kept all the same.
fn said(checked: Result<(), wattle_domain::identifiers::Odd>) -> String {
    checked.err().map(|odd| format!("It {odd}. It is kept as typed.")).unwrap_or_default()
}
