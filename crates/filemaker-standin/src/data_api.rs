//! The Data API: `/fmi/data/{v1|v2|vLatest}`.

mod metadata;
mod records;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::database::Database;
use crate::reply::Reply;
use crate::server::{Asked, Inside};

/// Routes a request.
pub(crate) fn answer(inside: &mut Inside, asked: &Asked) -> Reply {
    let path: Vec<&str> = asked.address.path.iter().skip(2).map(String::as_str).collect();
    let Some((&version, rest)) = path.split_first() else { return Reply::data_api_error(960) };
    if !matches!(version, "v1" | "v2" | "vLatest") {
        return Reply::data_api_error(960);
    }
    match (asked.method.as_str(), rest) {
        ("GET", ["productInfo"]) => ok(metadata::product(inside.settings.dateformats)),
        ("GET", ["databases"]) => ok(metadata::databases(&inside.database)),
        ("GET", ["validateSession"]) => match signed_in(inside, asked) {
            Ok(_) => ok("{}".into()),
            Err(code) => Reply::data_api_error(code),
        },
        (method, ["databases", name, rest @ ..]) if is(&inside.database, name) => match (method, rest) {
            ("POST", ["sessions"]) => sign_in(inside, asked),
            ("DELETE", ["sessions", token]) => match inside.sessions.close(token) {
                true => ok("{}".into()),
                false => Reply::data_api_error(952),
            },
            (method, rest) => match signed_in(inside, asked) {
                Ok(token) => inner(inside, asked, version, &token, method, rest),
                Err(code) => Reply::data_api_error(code),
            },
        },
        (_, ["databases", ..]) => Reply::data_api_error(802),
        _ => Reply::data_api_error(960),
    }
}

fn inner(
    inside: &mut Inside,
    asked: &Asked,
    version: &str,
    token: &str,
    method: &str,
    rest: &[&str],
) -> Reply {
    match (method, rest) {
        ("GET", ["layouts"]) => ok(metadata::layouts(&inside.database)),
        ("GET", ["scripts"]) => ok(metadata::scripts(&inside.database)),
        ("GET", ["layouts", layout]) => match inside.database.layout(layout) {
            Some(table) => ok(metadata::layout(&inside.database, table)),
            None => Reply::data_api_error(105),
        },
        ("GET", ["layouts", layout, "script", script]) => run(&mut inside.database, layout, script),
        ("GET", ["layouts", layout, "records"]) => records::list(inside, asked, version, token, layout),
        ("GET", ["layouts", layout, "records", id]) => {
            records::one(inside, asked, version, token, layout, id)
        }
        ("POST", ["layouts", layout, "_find"]) => records::find(inside, asked, version, token, layout),
        _ => Reply::data_api_error(960),
    }
}

/// A script that ends with an error is a good answer with the error in it.
fn run(database: &mut Database, layout: &str, script: &str) -> Reply {
    if database.layout(layout).is_none() {
        return Reply::data_api_error(105);
    }
    match database.run(script) {
        Some(error) => ok(format!("{{\"scriptResult\":\"\",\"scriptError\":\"{error}\"}}")),
        None => Reply::data_api_error(104),
    }
}

fn is(database: &Database, name: &str) -> bool {
    name.trim_end_matches(".fmp12") == database.name.trim_end_matches(".fmp12")
}

fn sign_in(inside: &mut Inside, asked: &Asked) -> Reply {
    if !basic(inside, &asked.authorization) {
        return Reply::data_api_error(212);
    }
    let (now, word) = (inside.now(), inside.token().to_lowercase());
    let Some(token) = inside.sessions.open(now, word) else { return Reply::data_api_error(956) };
    let mut reply = ok(format!("{{\"token\":\"{token}\"}}"));
    reply.headers.push(("x-fm-data-access-token", token));
    reply
}

/// Whether a header names the account and its password.
pub(crate) fn basic(inside: &Inside, authorization: &str) -> bool {
    let given = authorization.strip_prefix("Basic ").and_then(|b| STANDARD.decode(b).ok());
    given.is_some_and(|g| g == format!("{}:{}", inside.settings.user, inside.settings.password).into_bytes())
}

fn signed_in(inside: &mut Inside, asked: &Asked) -> Result<String, u32> {
    let token = asked.authorization.strip_prefix("Bearer ").ok_or(10_u32)?.to_owned();
    let now = inside.now();
    if inside.sessions.touch(now, &token) { Ok(token) } else { Err(952) }
}

/// A reply without error.
fn ok(response: String) -> Reply {
    Reply::json(
        200,
        format!("{{\"response\":{response},\"messages\":[{{\"code\":\"0\",\"message\":\"OK\"}}]}}"),
    )
}
