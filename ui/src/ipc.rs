//! The only callers of the shell: one file per area, one function per command.
//!
//! Must never: hold state or words. Called by: `state`, pages and components.

pub(crate) mod attention;
pub(crate) mod audit;
pub(crate) mod billing;
pub(crate) mod daybook;
pub(crate) mod documents;
pub(crate) mod event;
pub(crate) mod letters;
pub(crate) mod papers;
pub(crate) mod password;
pub(crate) mod patients;
pub(crate) mod people;
pub(crate) mod practitioners;
pub(crate) mod record;
pub(crate) mod restricted;
pub(crate) mod results;
pub(crate) mod scans;
pub(crate) mod second_factor;
pub(crate) mod session;
pub(crate) mod sync;
mod tagged;
pub(crate) mod waiting;

use js_sys::{Function, JSON, Object, Promise, Reflect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wattle_protocol::ipc::{CommandError, FaultCode};

/// What every call answers.
pub(crate) type Answer<T> = Result<T, CommandError>;

/// Calls a command of the shell with its one argument `args`.
pub(crate) async fn call<A: Serialize, T: DeserializeOwned>(command: &str, args: &A) -> Answer<T> {
    let args = serde_json::to_string(args).map_err(|_| internal())?;
    read(invoke(command, Some(args)).await?)
}

/// Calls a command that takes nothing.
pub(crate) async fn ask<T: DeserializeOwned>(command: &str) -> Answer<T> {
    read(invoke(command, None).await?)
}

/// The same for an answer that is a tagged enum.
async fn ask_tagged<T: tagged::Read>(command: &str) -> Answer<T> {
    T::read(invoke(command, None).await?).ok_or_else(internal)
}

fn internal() -> CommandError {
    CommandError::new(FaultCode::Internal)
}

fn read<T: DeserializeOwned>(value: Value) -> Answer<T> {
    serde_json::from_value(value).map_err(|_| internal())
}

/// Everything goes through one type: each type that is also read from text would be in the page twice.
async fn invoke(command: &str, args: Option<String>) -> Answer<Value> {
    let object = Object::new();
    if let Some(args) = args {
        let args = JSON::parse(&args).map_err(|_| internal())?;
        Reflect::set(&object, &"args".into(), &args).map_err(|_| internal())?;
    }
    let invoke: Function = shell(&["core", "invoke"]).ok_or_else(internal)?;
    let promise: Promise = invoke
        .call2(&JsValue::NULL, &command.into(), &object)
        .ok()
        .and_then(|value| value.dyn_into().ok())
        .ok_or_else(internal)?;
    match JsFuture::from(promise).await {
        Ok(value) => from_js(&value).ok_or_else(internal),
        Err(value) => {
            Err(from_js(&value).and_then(|v| serde_json::from_value(v).ok()).unwrap_or_else(internal))
        }
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

/// Through JSON text, so that 64-bit integers keep their form.
fn from_js(value: &JsValue) -> Option<Value> {
    if value.is_undefined() || value.is_null() {
        return Some(Value::Null);
    }
    serde_json::from_str(&JSON::stringify(value).ok()?.as_string()?).ok()
}
