//! Container URLs: bound to a session, dead when it is, and only with the handshake of a redirect and a cookie.

use std::collections::HashMap;

use crate::reply::Reply;
use crate::server::{Asked, Inside};

/// What a URL stands for.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) session: String,
    pub(crate) table: String,
    pub(crate) record: u64,
    pub(crate) field: usize,
    pub(crate) repetition: usize,
}

/// URLs and cookies that were given out.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    urls: HashMap<String, Grant>,
    by_place: HashMap<(String, String, u64, usize, usize), String>,
    cookies: HashMap<String, String>,
}

/// The URL of a container's content, for a session.
pub(crate) fn url(inside: &mut Inside, grant: Grant, name: &str) -> String {
    let place = (grant.session.clone(), grant.table.clone(), grant.record, grant.field, grant.repetition);
    let word = match inside.grants.by_place.get(&place) {
        Some(word) => word.clone(),
        None => {
            let word = inside.token();
            inside.grants.by_place.insert(place, word.clone());
            inside.grants.urls.insert(word.clone(), grant);
            word
        }
    };
    let ending = name.rsplit_once('.').map(|(_, e)| format!(".{e}")).unwrap_or_default();
    format!("{}/Streaming_SSL/MainDB/{word}{ending}?RCType=EmbeddedRCFileProcessor", inside.base)
}

/// `GET /Streaming_SSL/MainDB/<64 hex>.ext`.
pub(crate) fn answer(inside: &mut Inside, asked: &Asked) -> Reply {
    let refused = Reply { status: 401, ..Reply::default() };
    let missing = Reply { status: 404, ..Reply::default() };
    let Some(word) =
        asked.address.path.last().map(|last| last.split('.').next().unwrap_or_default().to_owned())
    else {
        return missing;
    };
    let Some(grant) = inside.grants.urls.get(&word).cloned() else { return refused };
    let cookie = asked.cookie.split(';').find_map(|c| c.trim().strip_prefix("X-FMS-Session-Key="));
    let known = cookie.and_then(|c| inside.grants.cookies.get(c)).is_some_and(|of| *of == grant.session);
    let now = inside.now();
    if !known {
        // First step: a session's own token opens the door, and the cookie is what goes through it.
        let token = asked.authorization.strip_prefix("Bearer ").unwrap_or_default().to_owned();
        if token != grant.session || !inside.sessions.touch(now, &token) {
            return refused;
        }
        let cookie = inside.token();
        inside.grants.cookies.insert(cookie.clone(), token);
        let location = format!("{}?{}", asked.raw_path, asked.raw_query);
        let set = format!("X-FMS-Session-Key={cookie}; Path=/Streaming_SSL; HttpOnly");
        return Reply {
            status: 302,
            headers: vec![("location", location), ("set-cookie", set)],
            body: Vec::new(),
        };
    }
    if !inside.sessions.touch(now, &grant.session) {
        return refused;
    }
    let stored = inside
        .database
        .table(&grant.table)
        .and_then(|t| t.record(grant.record))
        .and_then(|r| r.files.get(&(grant.field, grant.repetition)));
    let Some((name, Some(bytes))) = stored.map(|s| (s.name.clone(), s.bytes.clone())) else { return missing };
    let kind = match name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).as_deref() {
        Some("pdf") => "application/pdf",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("png") => "image/png",
        Some("txt") => "text/plain",
        _ => "application/octet-stream",
    };
    let name = format!("attachment; filename=\"{}\"", name.replace('"', "'"));
    let headers = vec![("content-type", kind.into()), ("content-disposition", name)];
    Reply { status: 200, headers, body: bytes }
}
