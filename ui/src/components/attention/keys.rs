//! The keyboard over the cards: from one to the next, into one, and a number for each way out.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

const ITEMS: &str = ".attention .item";

/// Whether the key meant something here.
pub(crate) fn pressed(ev: &KeyboardEvent) -> bool {
    let at = current();
    match ev.key().as_str() {
        "j" | "ArrowDown" => step(at.as_ref(), true),
        "k" | "ArrowUp" => step(at.as_ref(), false),
        "ArrowRight" => along(at.as_ref(), true),
        "ArrowLeft" => along(at.as_ref(), false),
        // On a button Enter is the button's own.
        "Enter" if at.as_ref().is_some_and(|at| focused().as_ref() == Some(at)) => along(at.as_ref(), true),
        "o" => press(at.as_ref(), "[data-open]"),
        digit if digit.len() == 1 && digit.as_bytes().first().is_some_and(u8::is_ascii_digit) => {
            press(at.as_ref(), &format!("[data-way=\"{digit}\"]"))
        }
        _ => false,
    }
}

/// The place of the card that has the focus.
pub(crate) fn place() -> Option<u32> {
    let at = current()?;
    let all = all(ITEMS);
    all.iter().position(|item| *item == at).and_then(|place| u32::try_from(place).ok())
}

/// Puts the focus on the card at a place, or on the last one.
pub(crate) fn focus(place: u32) {
    let all = all(ITEMS);
    let at = usize::try_from(place).unwrap_or(0).min(all.len().saturating_sub(1));
    let _ = all.get(at).is_some_and(go);
}

/// Nothing has the focus, as after a card has left.
pub(crate) fn nobody_has_it() -> bool {
    focused().is_none_or(|at| at.tag_name() == "BODY")
}

fn focused() -> Option<Element> {
    document().active_element()
}

fn current() -> Option<Element> {
    focused()?.closest(ITEMS).ok().flatten()
}

fn all(selector: &str) -> Vec<Element> {
    let Ok(list) = document().query_selector_all(selector) else { return Vec::new() };
    (0..list.length()).filter_map(|i| list.item(i)?.dyn_into().ok()).collect()
}

fn go(element: &Element) -> bool {
    element.dyn_ref::<HtmlElement>().is_some_and(|element| element.focus().is_ok())
}

fn step(at: Option<&Element>, forth: bool) -> bool {
    beside(&all(ITEMS), at, forth).is_some_and(go)
}

fn along(at: Option<&Element>, forth: bool) -> bool {
    let Some(at) = at else { return false };
    let ways: Vec<Element> =
        all(".attention .way").into_iter().filter(|way| at.contains(Some(way))).collect();
    beside(&ways, focused().as_ref(), forth).is_some_and(go)
}

fn beside<'a>(all: &'a [Element], at: Option<&Element>, forth: bool) -> Option<&'a Element> {
    let now = at.and_then(|at| all.iter().position(|one| one == at));
    let next = match (now, forth) {
        (None, _) => 0,
        (Some(now), true) => (now + 1).min(all.len().saturating_sub(1)),
        (Some(now), false) => now.saturating_sub(1),
    };
    all.get(next)
}

fn press(at: Option<&Element>, selector: &str) -> bool {
    let button = at.and_then(|at| at.query_selector(selector).ok().flatten());
    let button = button.and_then(|button| button.dyn_into::<HtmlElement>().ok());
    if let Some(button) = &button {
        button.click();
    }
    button.is_some()
}
