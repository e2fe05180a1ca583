//! Bodies of WebDriver's "perform actions": real key and mouse events, as WebKit makes them.

use serde_json::{Value, json};

use super::Error;

/// All keys down in order, then up in reverse.
pub(super) fn chord(keys: &[&str]) -> Result<Value, Error> {
    let codes = keys.iter().map(|key| code(key)).collect::<Result<Vec<_>, _>>()?;
    let down = codes.iter().map(|key| json!({ "type": "keyDown", "value": key }));
    let up = codes.iter().rev().map(|key| json!({ "type": "keyUp", "value": key }));
    let actions: Vec<Value> = down.chain(up).collect();
    Ok(json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }))
}

/// Over to a point, nothing pressed. By way of another: the driver takes no notice of a move to where its own last one ended,
/// though a click on an element has moved the mouse since.
pub(super) fn point(at: (i32, i32)) -> Value {
    let over = |(x, y): (i32, i32)| json!({ "type": "pointerMove", "duration": 0, "origin": "viewport", "x": x, "y": y });
    let actions = [over((at.0 + 2, at.1 + 2)), over(at)];
    json!({ "actions": [{ "type": "pointer", "id": "mouse", "parameters": { "pointerType": "mouse" }, "actions": actions }] })
}

/// Down at `start`, over in several moves (one would look like a jump, and no drag begins), up at `end`.
pub(super) fn drag(start: (i32, i32), end: (i32, i32)) -> Value {
    let to = |(x, y): (i32, i32), ms: u32| json!({ "type": "pointerMove", "duration": ms, "origin": "viewport", "x": x, "y": y });
    let between =
        |part: i32| (start.0 + (end.0 - start.0) * part / 4, start.1 + (end.1 - start.1) * part / 4);
    let mut actions = vec![to(start, 0), json!({ "type": "pointerDown", "button": 0 })];
    actions.extend((1..=4).map(|part| to(between(part), 40)));
    actions.push(json!({ "type": "pointerUp", "button": 0 }));
    json!({ "actions": [{ "type": "pointer", "id": "mouse", "parameters": { "pointerType": "mouse" }, "actions": actions }] })
}

/// WebDriver's code points for keys without a character.
fn code(key: &str) -> Result<String, Error> {
    let point = match key {
        "Backspace" => '\u{E003}',
        "Tab" => '\u{E004}',
        "Enter" => '\u{E007}',
        "Shift" => '\u{E008}',
        "Control" => '\u{E009}',
        "Alt" => '\u{E00A}',
        "Escape" => '\u{E00C}',
        "Space" => ' ',
        "PageUp" => '\u{E00E}',
        "PageDown" => '\u{E00F}',
        "End" => '\u{E010}',
        "Home" => '\u{E011}',
        "ArrowLeft" => '\u{E012}',
        "ArrowUp" => '\u{E013}',
        "ArrowRight" => '\u{E014}',
        "ArrowDown" => '\u{E015}',
        "Delete" => '\u{E017}',
        "F1" => '\u{E031}',
        "F2" => '\u{E032}',
        "F3" => '\u{E033}',
        "F4" => '\u{E034}',
        "F5" => '\u{E035}',
        "F6" => '\u{E036}',
        "F7" => '\u{E037}',
        "F8" => '\u{E038}',
        "F9" => '\u{E039}',
        "F10" => '\u{E03A}',
        "F11" => '\u{E03B}',
        "F12" => '\u{E03C}',
        "Meta" => '\u{E03D}',
        other => {
            let mut chars = other.chars();
            match (chars.next(), chars.next()) {
                (Some(only), None) => only,
                _ => {
                    return Err(Error::Unexpected {
                        doing: "press".to_owned(),
                        answer: format!("no key {other:?}"),
                    });
                }
            }
        }
    };
    Ok(point.to_string())
}
