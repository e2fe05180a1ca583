//! How long a text may be: a command that no server could take must not be called saved.

use serde_json::Value;

use crate::command::Command;
use crate::rejection::Rejection;

/// The longest text of one field, bytes. A page of A4 is about 4,000.
pub const LONGEST_TEXT_BYTES: usize = 64 * 1024;
/// The largest command in all, bytes of JSON; well below what a push may carry.
pub const LARGEST_COMMAND_BYTES: usize = 256 * 1024;

/// Checks that a command can travel.
///
/// # Errors
/// `invalid(field)` with the name of the field that is too long.
pub fn check(command: &Command) -> Result<(), Rejection> {
    let value = serde_json::to_value(command).unwrap_or_default();
    if let Some(field) = too_long("args", &value) {
        return Err(Rejection::invalid(field));
    }
    if value.to_string().len() > LARGEST_COMMAND_BYTES { Err(Rejection::invalid("args")) } else { Ok(()) }
}

/// The name of the first field with too long a text.
fn too_long<'v>(name: &'v str, value: &'v Value) -> Option<&'v str> {
    match value {
        Value::String(text) => (text.len() > LONGEST_TEXT_BYTES).then_some(name),
        Value::Array(items) => items.iter().find_map(|item| too_long(name, item)),
        Value::Object(fields) => fields.iter().find_map(|(name, value)| too_long(name, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}
