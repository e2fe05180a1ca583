//! The only callers of the shell: one file per area, one function per command.
//!
//! Must never: hold state or words. Called by: `state`, pages and components.

pub(crate) mod attention;
pub(crate) mod daybook;
pub(crate) mod event;
pub(crate) mod patients;
pub(crate) mod session;
pub(crate) mod waiting;

use js_sys::{Function, JSON, Object, Promise, Reflect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wattle_protocol::ipc::{CommandError, FaultCode};

/// What every call answers.
pub(crate) type Answer<T> = Result<T, CommandError>;

/// Calls a command of the shell with its one argument `args`.
pub(crate) async fn call<A: Serialize, T: DeserializeOwned>(command: &str, args: &A) -> Answer<T> {
    let object = Object::new();
    let args = to_js(args).ok_or(CommandError::new(FaultCode::Internal))?;
    Reflect::set(&object, &"args".into(), &args).map_err(|_| CommandError::new(FaultCode::Internal))?;
    invoke(command, &object).await
}

/// Calls a command that takes nothing.
pub(crate) async fn ask<T: DeserializeOwned>(command: &str) -> Answer<T> {
    invoke(command, &Object::new()).await
}

async fn invoke<T: DeserializeOwned>(command: &str, object: &Object) -> Answer<T> {
    let fault = || CommandError::new(FaultCode::Internal);
    let invoke: Function = shell(&["core", "invoke"]).ok_or_else(fault)?;
    let promise: Promise = invoke
        .call2(&JsValue::NULL, &command.into(), object)
        .ok()
        .and_then(|value| value.dyn_into().ok())
        .ok_or_else(fault)?;
    match JsFuture::from(promise).await {
        Ok(value) => from_js(&value).ok_or_else(fault),
        Err(value) => Err(from_js(&value).unwrap_or_else(fault)),
    }
}

/// Whether the page runs inside the desktop window.
pub(crate) fn inside_shell() -> bool {
    shell::<Function>(&["core", "invoke"]).is_some()
}

/// A part of what Tauri puts on the window.
fn shell<T: JsCast>(path: &[&str]) -> Option<T> {
    let mut value = Reflect::get(&js_sys::global(), &"__TAURI__".into()).ok()?;
    for step in path {
        value = Reflect::get(&value, &(*step).into()).ok()?;
    }
    value.dyn_into().ok()
}

fn to_js<T: Serialize>(value: &T) -> Option<JsValue> {
    JSON::parse(&serde_json::to_string(value).ok()?).ok()
}

/// Through JSON text: `serde_json` is in the page anyway, and 64-bit integers keep their form.
fn from_js<T: DeserializeOwned>(value: &JsValue) -> Option<T> {
    if value.is_undefined() || value.is_null() {
        return serde_json::from_str("null").ok();
    }
    let text = JSON::stringify(value).ok()?.as_string()?;
    serde_json::from_str(&text).ok()
}
