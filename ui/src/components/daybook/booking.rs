//! A booking in the slot: type a name, pick, Enter. Type and length follow the practitioner's usual.

use leptos::ev::KeyboardEvent;
use leptos::html::Input;
use leptos::prelude::*;
use uuid::Uuid;
use wattle_domain::commands::BookAppointment;
use wattle_domain::{AppointmentId, AppointmentTypeId, ClinicDate, PatientId};
use wattle_protocol::ipc::patients::{PatientQuery, SearchPatients};

use crate::components::field::{Field, focus_once};
use crate::components::icon::Icon;
use crate::components::patients::hit::{HitLine, register_line};
use crate::components::picker::Segmented;
use crate::state::book::{Slot, Somebody, book};
use crate::state::desk::{Page, desk};
use crate::state::live::Live;
use crate::state::patients::{Pane, Patients, WaitingSlot};
use crate::{ipc, show, verbs};

/// Lines of the list.
const LINES: u32 = 6;
/// Width of the popover, pixels; the same in `daybook.css`.
const WIDTH: f64 = 360.0;
/// Its height at most, pixels.
const HEIGHT: f64 = 440.0;

/// Beside the slot that is being booked.
#[component]
pub(crate) fn BookingPopover() -> impl IntoView {
    let book = book();
    view! { {move || book.booking.get().map(|slot| view! { <Booking at=slot /> })} }
}

#[component]
fn Booking(at: Slot) -> impl IntoView {
    let (desk, book, patients) = (desk(), book(), expect_context::<Patients>());
    let (key, minute) = (at.key, at.minute);
    let start_at = book.instant(desk, key, minute);
    let usual = book.practitioner(key.0).map_or(15, |p| p.usual_duration_min);
    let types = book.data.value.with_untracked(|b| {
        let mut types: Vec<_> = b.iter().flat_map(|b| &b.types).filter(|t| t.active).cloned().collect();
        types.sort_by_key(|t| t.sort);
        types
    });
    let first = types.iter().find(|t| t.duration_min == usual).or(types.first()).map(|t| t.id);
    let type_id = RwSignal::new(first);
    let minutes = book.booking_length;
    minutes.set(u32::try_from(usual).unwrap_or(15));
    let typed = RwSignal::new(String::new());
    let note = RwSignal::new(String::new());
    let picked = RwSignal::new(book.somebody.get_untracked());
    let at = RwSignal::new(0_usize);
    let hits = Live::new(
        move || {
            let query = typed.get().trim().to_owned();
            (!query.is_empty() && picked.with(Option::is_none)).then_some(query)
        },
        |query| ipc::patients::search_patients(SearchPatients { query, limit: LINES }),
    );
    let listed = move || hits.value.with(|h| h.as_ref().map_or(0, Vec::len));
    Effect::new(move |_| {
        typed.track();
        at.set(0);
    });

    let pick = move |who: Somebody| {
        picked.set(Some(who));
    };
    let register = move || {
        let waits = WaitingSlot { practitioner_id: key.0, date: key.1, minute };
        patients.pane.set(Pane::Register { typed: typed.get_untracked(), slot: Some(waits) });
        book.booking.set(None);
        desk.page.set(Page::Patients);
    };
    let pick_at = move |index: usize| {
        let hit = hits.value.with_untracked(|h| h.as_ref().and_then(|h| h.get(index).cloned()));
        match hit {
            Some(h) => pick(Somebody { id: h.id, name: show::hit(&h), birth_date: h.birth_date }),
            None if !typed.get_untracked().trim().is_empty() => register(),
            None => {}
        }
    };
    let overlap = Memo::new(move |_| {
        book.laid.with(|l| {
            let p = l.taken(key, minute, minute + minutes.get(), None)?;
            Some(format!("{} at {}", p.card.patient_name, desk.zone.get().clock(p.card.start_at)))
        })
    });
    let save = move |double_booking: bool| {
        let (Some(who), Some(type_id)) = (picked.get_untracked(), type_id.get_untracked()) else { return };
        let note = note.get_untracked().trim().to_owned();
        let verb = BookAppointment {
            appointment_id: AppointmentId(Uuid::nil()),
            practitioner_id: key.0,
            patient_id: who.id,
            type_id,
            room_id: book.practitioner(key.0).and_then(|p| p.usual_room_id),
            start_at,
            end_at: start_at.plus_minutes(minutes.get_untracked().into()),
            double_booking,
            note: (!note.is_empty()).then_some(note),
        };
        book.booking.set(None);
        book.somebody.set(None);
        verbs::book::book(desk, verb, who.name, move |_| {});
        refocus_grid();
    };
    let on_key = move |ev: KeyboardEvent| {
        match ev.key().as_str() {
            "ArrowDown" => at.update(|a| *a = (*a + 1).min(listed())),
            "ArrowUp" => at.update(|a| *a = a.saturating_sub(1)),
            "Enter" => pick_at(at.get_untracked()),
            _ => return,
        }
        ev.prevent_default();
        ev.stop_propagation();
    };
    let close = move || {
        book.booking.set(None);
        refocus_grid();
    };
    let (left, top) = place(key, minute);
    let title = format!("{}, {}", desk.zone.get_untracked().clock(start_at), book.practitioner_name(key.0));
    let types = StoredValue::new(types);
    view! {
        <div class="menu-back" on:click=move |_| close()></div>
        <div class="popover booking" role="dialog" aria-label=format!("Book {title}") data-testid="booking-popover"
            style:left=format!("{left}px") style:top=format!("{top}px")
            on:keydown=move |ev| if ev.key() == "Escape" { ev.stop_propagation(); close(); }>
            <div class="popover-head">
                <b class="tabular">{title.clone()}</b>
                <span class="soft">{key.1.long()}</span>
                <div class="grow"></div>
                <button type="button" class="button bare icon-only" aria-label="Close" data-testid="booking-cancel" on:click=move |_| close()>{Icon::Close.svg()}</button>
            </div>
            {move || match picked.get() {
                None => view! {
                    <PatientBox typed=typed on_key=Callback::new(on_key) />
                    <div class="hits" role="listbox" aria-label="Patients" id="booking-hits">
                        {move || hits.value.get().unwrap_or_default().into_iter().enumerate().map(|(index, h)| {
                            let on = Signal::derive(move || at.get() == index);
                            view! { <HitLine hit=h on=on test_id="booking-hit" chosen=Callback::new(move |_| pick_at(index)) over=Callback::new(move |()| at.set(index)) /> }
                        }).collect_view()}
                        {move || (!typed.get().trim().is_empty()).then(|| {
                            let on = Signal::derive(move || at.get() == listed());
                            register_line(typed, on, "booking-register", Callback::new(move |()| register()))
                        })}
                    </div>
                    <Show when=move || typed.get().trim().is_empty()>
                        <p class="soft pad">"Part of a name, a phone, a birth date or a card number."</p>
                    </Show>
                }.into_any(),
                Some(who) => view! {
                    <Who who=who.clone() again=Callback::new(move |()| picked.set(None)) />
                    <TypeList types=types type_id=type_id length=Callback::new(move |m| minutes.set(m)) />
                    <Segmented label="Minutes" test_id="booking-length" options=lengths(usual)
                        value=Signal::derive(move || minutes.get().to_string())
                        chosen=Callback::new(move |v: String| if let Ok(m) = v.parse() { minutes.set(m); }) />
                    <Field label="Note" value=note test_id="booking-note" />
                    {move || overlap.get().map(|other| view! {
                        <p class="odd" role="alert">{Icon::Attention.svg()}" Overlaps "{other}"."</p>
                    })}
                    <div class="row end">
                        <SaveButton taken=Signal::derive(move || overlap.with(Option::is_some)) save=Callback::new(save) />
                    </div>
                }.into_any(),
            }}
        </div>
    }
}

#[component]
fn PatientBox(typed: RwSignal<String>, on_key: Callback<KeyboardEvent>) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    focus_once(input);
    view! {
        <div class="search-box">
            {Icon::Search.svg()}
            <input class="box" node_ref=input type="text" autocomplete="off" spellcheck="false" placeholder="Who is it for?" aria-label="Patient"
                role="combobox" aria-expanded="true" aria-controls="booking-hits" data-testid="booking-patient-input"
                prop:value=move || typed.get() on:input=move |ev| typed.set(event_target_value(&ev)) on:keydown=move |ev| on_key.run(ev) />
        </div>
    }
}

/// Who it is for, with the alerts that show while booking.
#[component]
fn Who(who: Somebody, again: Callback<()>) -> impl IntoView {
    let desk = desk();
    let id: PatientId = who.id;
    let record = Live::new(move || Some(id), |id| ipc::patients::patient(PatientQuery { id }));
    let born = move |b: ClinicDate| show::born(b, desk.today.get());
    view! {
        <div class="booked-for" data-testid="booking-patient" data-id=id.to_string()>
            <div>
                <b>{who.name.clone()}</b>
                <div class="soft tabular">{who.birth_date.map(|b| move || born(b))}</div>
            </div>
            <div class="grow"></div>
            <button type="button" class="button small" on:click=move |_| again.run(())>"Somebody else"</button>
        </div>
        {move || record.value.with(|r| r.iter().flat_map(|r| &r.alerts)
            .filter(|a| a.place == wattle_domain::fields::AlertPlace::Booking)
            .map(|a| view! { <p class="notice" data-severity=a.severity.as_str()>{Icon::Attention.svg()}<span>{a.text.clone()}</span></p> })
            .collect_view())}
    }
}

#[component]
fn TypeList(
    types: StoredValue<Vec<wattle_domain::entities::AppointmentType>>,
    type_id: RwSignal<Option<AppointmentTypeId>>,
    length: Callback<u32>,
) -> impl IntoView {
    let buttons = types.get_value().into_iter().map(|t| {
        let on = move || type_id.get() == Some(t.id);
        let minutes = u32::try_from(t.duration_min).unwrap_or(15);
        view! {
            <button type="button" class="type-chip" role="radio" aria-checked=move || on().to_string() class:on=on data-hue=t.hue.clamp(1, 8).to_string()
                data-testid="booking-type" data-id=t.id.to_string() on:click=move |_| { type_id.set(Some(t.id)); length.run(minutes); }>
                {t.name.clone()}<span class="soft tabular">{t.duration_min}</span>
            </button>
        }
    });
    view! { <div class="types" role="radiogroup" aria-label="Type of appointment">{buttons.collect_view()}</div> }
}

/// Has the cursor, so that Enter books.
#[component]
fn SaveButton(taken: Signal<bool>, save: Callback<bool>) -> impl IntoView {
    let button = NodeRef::<leptos::html::Button>::new();
    let done = StoredValue::new(false);
    Effect::new(move |_| {
        if let Some(button) = button.get()
            && !done.get_value()
        {
            done.set_value(true);
            request_animation_frame(move || drop(button.focus()));
        }
    });
    view! {
        <button type="button" class="button primary" class:danger=taken node_ref=button data-testid="booking-save" on:click=move |_| save.run(taken.get_untracked())>
            {move || if taken.get() { "Book over it" } else { "Book" }}<kbd>"Enter"</kbd>
        </button>
    }
}

/// The lengths to choose from; the usual one is among them.
fn lengths(usual: i64) -> Vec<(String, String)> {
    let mut minutes = vec![10, 15, 20, 30, 45, 60, 90];
    if !minutes.contains(&usual) {
        minutes.push(usual);
        minutes.sort_unstable();
    }
    minutes.into_iter().map(|m| (m.to_string(), m.to_string())).collect()
}

/// Left and top of the popover: beside the column, inside the window.
fn place(key: crate::state::book::lay::ColumnKey, minute: u32) -> (f64, f64) {
    let book = book();
    let selector = format!("[data-testid=column][data-practitioner=\"{}\"][data-date=\"{}\"]", key.0, key.1);
    let rect = document().query_selector(&selector).ok().flatten().map(|e| e.get_bounding_client_rect());
    let size = |v: Result<wasm_bindgen::JsValue, wasm_bindgen::JsValue>| {
        v.ok().and_then(|v| v.as_f64()).unwrap_or(800.0)
    };
    let (width, height) = (size(window().inner_width()), size(window().inner_height()));
    let Some(rect) = rect else { return ((width - WIDTH) / 2.0, 120.0) };
    let right = rect.right() + 8.0;
    let left = if right + WIDTH + 8.0 < width { right } else { (rect.left() - WIDTH - 8.0).max(8.0) };
    let from = book.first.get_untracked();
    let top = rect.top() + (f64::from(minute) - f64::from(from)) * book.px() - 40.0;
    (left, top.clamp(56.0, (height - HEIGHT - 8.0).max(56.0)))
}

/// The keys go back to the book.
fn refocus_grid() {
    use wasm_bindgen::JsCast;
    let grid = document().query_selector("[data-testid=daybook-grid]").ok().flatten();
    if let Some(grid) = grid.and_then(|g| g.dyn_into::<web_sys::HtmlElement>().ok()) {
        drop(grid.focus());
    }
}
