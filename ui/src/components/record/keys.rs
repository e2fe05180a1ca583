//! Keys of a patient's page.

use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::state::record::{Form, Record, Tab};

/// Whether a key meant something here. Numbers are tabs (`0` is the tenth), letters open forms, `N` goes to the note.
pub(crate) fn pressed(ev: &KeyboardEvent, record: Record) -> bool {
    if record.patient.get_untracked().is_none() {
        return false;
    }
    let key = ev.key().to_lowercase();
    if let Some(tab) = key.parse::<usize>().ok().and_then(|n| Tab::ALL.get((n + 9) % 10)) {
        record.tab.set(*tab);
        return true;
    }
    let form = match key.as_str() {
        "n" => {
            record.tab.set(Tab::Notes);
            focus_note();
            return true;
        }
        "a" => Form::Allergy,
        "p" => Form::Problem,
        "m" => Form::Medicine,
        "o" => Form::Values,
        "r" => Form::Recall,
        _ => return false,
    };
    record.form.set(form);
    true
}

/// Escape closes the form.
pub(crate) fn escape(record: Record) -> bool {
    let open = record.form.get_untracked() != Form::None;
    if open {
        record.form.set(Form::None);
    }
    open
}

fn focus_note() {
    use wasm_bindgen::JsCast;
    request_animation_frame(|| {
        let found = document().query_selector("[data-testid=note-body-input]").ok().flatten();
        if let Some(area) = found.and_then(|a| a.dyn_into::<web_sys::HtmlElement>().ok()) {
            drop(area.focus());
        }
    });
}
