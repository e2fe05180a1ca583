//! What the shell tells unasked.

use js_sys::{Function, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wattle_protocol::ipc::event::{CHANNEL, Event};

use super::tagged::Read;
use super::{from_js, shell};

/// Calls `on_event` for every event, as long as the page lives.
pub(crate) fn listen(on_event: impl Fn(Event) + 'static) {
    let Some(listen) = shell::<Function>(&["event", "listen"]) else { return };
    let handler = Closure::<dyn Fn(JsValue)>::new(move |message: JsValue| {
        let payload = Reflect::get(&message, &"payload".into()).unwrap_or(JsValue::NULL);
        if let Some(event) = from_js(&payload).and_then(Event::read) {
            on_event(event);
        }
    });
    let handler = handler.into_js_value().unchecked_into::<Function>();
    // The promise only tells how to stop listening, which the page never does.
    drop(listen.call2(&JsValue::NULL, &CHANNEL.into(), &handler));
}
