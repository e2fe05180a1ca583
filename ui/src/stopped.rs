//! When the page itself fails: say so, and offer the way out. What was saved is in the shell and loses nothing.
//!
//! Must never: show or log the panic's message in a release, which might hold somebody's data; the place in the code is enough.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

/// Shows the way out on the first panic.
pub(crate) fn watch() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|l| format!("{}:{}", l.file(), l.line())).unwrap_or_default();
        #[cfg(debug_assertions)]
        web_sys::console::error_1(&info.to_string().into());
        #[cfg(not(debug_assertions))]
        web_sys::console::error_1(&format!("the page stopped at {place}").into());
        show(&place);
    }));
}

/// Plain DOM: the reactive system may be what failed.
fn show(place: &str) -> Option<()> {
    let document = web_sys::window()?.document()?;
    let body = document.body()?;
    if document.get_element_by_id("stopped").is_some() {
        return None;
    }
    let screen = document.create_element("div").ok()?;
    screen.set_id("stopped");
    screen.set_class_name("stopped");
    screen.set_attribute("role", "alertdialog").ok()?;
    let words = document.create_element("p").ok()?;
    words.set_text_content(Some(
        "This window has stopped. Everything that was saved is safe; what stood in an open form is not. Open the window's page again to go on.",
    ));
    let where_it_was = document.create_element("p").ok()?;
    where_it_was.set_class_name("soft small-print");
    where_it_was.set_text_content(Some(&format!("For support: {place}")));
    let again = document.create_element("button").ok()?;
    again.set_class_name("button primary");
    again.set_text_content(Some("Open again"));
    let reload = Closure::<dyn Fn()>::new(|| {
        if let Some(window) = web_sys::window() {
            drop(window.location().reload());
        }
    });
    again.add_event_listener_with_callback("click", reload.into_js_value().unchecked_ref()).ok()?;
    for part in [&words, &where_it_was, &again] {
        screen.append_child(part).ok()?;
    }
    body.append_child(&screen).ok()?;
    Some(())
}
