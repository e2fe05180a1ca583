//! A card: time, name, type at its edge, state, marks.

use leptos::prelude::*;
use wattle_domain::AppointmentId;
use wattle_domain::fields::AppointmentStatus;

use crate::components::daybook::column::{length, px};
use crate::components::daybook::drag::Drag;
use crate::components::icon::Icon;
use crate::state::book::lay::Placed;
use crate::state::book::{Cursor, book};
use crate::state::desk::desk;
use crate::words;

/// Stays in the page while the appointment does: what changes is only what it shows.
#[component]
pub(crate) fn CardView(id: AppointmentId) -> impl IntoView {
    let book = book();
    let placed = Memo::new(move |_| book.laid.with(|l| l.cards.get(&id).cloned()));
    view! { {move || placed.get().map(|p| view! { <Face placed=p /> })} }
}

#[component]
fn Face(placed: Placed) -> impl IntoView {
    let (desk, book, drag) = (desk(), book(), expect_context::<Drag>());
    let zone = desk.zone.get_untracked();
    let p = placed.clone();
    let card = placed.card;
    let (id, status, start, len) = (card.id, card.status, p.start, p.length);
    let kind = book.kind(card.type_id);
    let hue = kind.as_ref().map_or(1, |k| k.hue.clamp(1, 8));
    let type_name = kind.map(|k| k.name).unwrap_or_default();
    let time = zone.clock(card.start_at);
    let word = words::status(status);
    let marks = marks(&card);
    let name = format!(
        "{time}, {}, {type_name}, {word}{}",
        card.patient_name,
        marks.iter().map(|m| format!(", {}", m.1)).collect::<String>()
    );
    let in_hand = move || book.in_hand.get() == Some(id);
    let carried = move || book.carry.with(|c| c.as_ref().is_some_and(|c| c.from.card.id == id));
    let under = {
        let column = p.column;
        move || {
            let at = book.cursor.get();
            let here = book.laid.with(|l| l.columns.get(at.column).map(|c| c.key())) == Some(column);
            here && (start..start + len).contains(&at.minute)
                && book.laid.with(|l| l.at(column, at.minute).map(|p| p.card.id)) == Some(id)
        }
    };
    let click = move |ev: leptos::ev::MouseEvent| {
        ev.stop_propagation();
        if drag.just_dropped.get_value() {
            return;
        }
        let column = book.laid.with_untracked(|l| l.columns.iter().position(|c| c.key() == p.column));
        if let Some(column) = column {
            book.cursor.set(Cursor { column, minute: start });
        }
        book.in_hand.set(Some(id));
    };
    let width = 100.0 / p.lanes as f64;
    let left = width * p.lane as f64;
    // Two lines need 40 px; three 58.
    let lines = move || match f64::from(len) * book.px() {
        h if h >= 58.0 => "card lines-3",
        h if h >= 40.0 => "card lines-2",
        h if h >= 20.0 => "card",
        _ => "card tiny",
    };
    let seen = marks.clone();
    view! {
        <div class=lines id=format!("card-{id}") role="gridcell" aria-label=name data-testid="card" data-id=id.to_string()
            data-status=status.as_str() data-pending=card.pending.to_string() data-start=card.start_at.0.to_string()
            data-practitioner=card.practitioner_id.to_string() data-hue=hue.to_string()
            class:in-hand=in_hand class:carried=carried class:under=under
            class:fixed=!crate::state::book::movable(&card)
            style:top=move || px(book, start) style:height=move || length(book, len)
            style:left=format!("{left}%") style:width=format!("{width}%")
            on:pointerdown=move |ev| { ev.stop_propagation(); drag.pressed(&ev, id, false); }
            on:click=click>
            <div class="card-line">
                <span class="card-time tabular">{short(&time)}</span>
                <b class="card-name">{card.patient_name.clone()}</b>
                <span class="marks">{seen.into_iter().map(|(icon, word, class)| view! { <span class=class data-tip=word>{icon.svg()}</span> }).collect_view()}</span>
                <span class="state" data-status=status.as_str()>{words::status_icon(status).svg()}<span class="state-word">{word}</span></span>
            </div>
            <div class="card-line second">
                <span class="card-type cut">{type_name}</span>
                <span class="state" data-status=status.as_str()>{words::status_icon(status).svg()}<span>{word}</span></span>
            </div>
            {card.note.clone().map(|note| view! { <div class="card-line third"><span class="cut">{note}</span></div> })}
            <div class="edge" on:pointerdown=move |ev| { ev.stop_propagation(); drag.pressed(&ev, id, true); }></div>
        </div>
    }
}

/// Small signs with their words: alert, new patient, double booking, not yet on the server.
pub(crate) fn marks(card: &wattle_protocol::ipc::daybook::Card) -> Vec<(Icon, &'static str, &'static str)> {
    let over = card.status == AppointmentStatus::Done;
    [
        (card.alert, Icon::Attention, "has an alert", "mark alert"),
        (card.new_patient && !over, Icon::New, "new patient", "mark new"),
        (card.double_booking, Icon::Double, "double booking", "mark double"),
        (card.pending, Icon::CloudUp, "not yet on the server", "mark pending"),
    ]
    .into_iter()
    .filter(|m| m.0)
    .map(|(_, icon, word, class)| (icon, word, class))
    .collect()
}

/// `9:05` of `9:05 am`: the hours at the side say the rest.
pub(crate) fn short(time: &str) -> String {
    time.split(' ').next().unwrap_or_default().to_owned()
}
