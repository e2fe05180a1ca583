//! The keyboard over the inbox of results.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

use crate::state::desk::Desk;
use crate::state::patients::Patients;
use crate::state::results::Results;

/// Whether the key meant something here.
pub(crate) fn pressed(ev: &KeyboardEvent, desk: Desk, patients: Patients, results: Results) -> bool {
    match ev.key().as_str() {
        "j" | "ArrowDown" => go(results, true),
        "k" | "ArrowUp" => go(results, false),
        "n" => focus("[data-testid='result-note']"),
        "b" => focus("[data-testid='result-recall-reason']"),
        "o" => match untrack(move || results.in_hand()) {
            Some(line) => {
                desk.open_patient(patients, line.item.patient_id);
                true
            }
            None => false,
        },
        _ => false,
    }
}

/// The line has the focus too, so that it is read out.
fn go(results: Results, forth: bool) -> bool {
    if let Some(id) = results.step(forth) {
        request_animation_frame(move || {
            focus(&format!("[data-testid='inbox-item'][data-id='{id}']"));
        });
    }
    true
}

fn focus(selector: &str) -> bool {
    let found = document().query_selector(selector).ok().flatten();
    found.and_then(|found| found.dyn_into::<HtmlElement>().ok()).is_some_and(|found| found.focus().is_ok())
}
