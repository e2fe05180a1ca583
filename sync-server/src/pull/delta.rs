//! The last steps of a clinic's feeds as a live stream carries them: read under one listener's identity in the running
//! snapshot, written once as the bytes that every listener of the same grants gets.

use std::collections::BTreeMap;

use axum::body::Bytes;
use serde::Serialize;
use uuid::Uuid;
use wattle_domain::{FeedClass, FeedSeq, TableName, UserId};
use wattle_protocol::live::ROWS_EVENT;

use crate::db::delta::{Ahead, Pointers, Snapshot};
use crate::seal::Sealer;

/// One step of a feed, as a server-sent event.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub feed: FeedClass,
    pub from: FeedSeq,
    pub to: FeedSeq,
    pub event: Bytes,
}

/// What to read.
pub(crate) struct Wanted<'a> {
    /// Somebody who is granted exactly `classes`.
    pub user: UserId,
    pub classes: &'a [FeedClass],
    pub epoch: &'a str,
    pub sealer: &'a Sealer,
    /// Feeds that have moved, from where to where.
    pub moved: &'a BTreeMap<FeedClass, (FeedSeq, FeedSeq)>,
    /// Rows at most; what is more is for a pull.
    pub most_rows: usize,
    /// Bytes of one step at most.
    pub most_bytes: usize,
    /// What was read already for this user, after the same cursors.
    pub ahead: Option<Ahead>,
}

/// The steps of some feeds. A feed that is left out has moved by more than a stream should carry: its listeners pull.
///
/// # Errors
/// The database's; the snapshot is then of no use any more.
pub(crate) async fn steps(snapshot: &mut Snapshot, mut wanted: Wanted<'_>) -> Result<Vec<Step>, sqlx::Error> {
    snapshot.act_for(wanted.user).await?;
    let (granted, pointers) = match wanted.ahead.take() {
        Some(ahead) => ahead,
        None => {
            let after = wanted.moved.iter().map(|(feed, (from, _))| (*feed, *from)).collect();
            snapshot.pointers(&after, wanted.most_rows).await?
        }
    };
    let Some(pointers) = pointers.filter(|_| granted == wanted.classes) else { return Ok(Vec::new()) };
    let rows = snapshot.rows(wanted.sealer, &pointers).await?;
    let steps = wanted.moved.iter().map(|(feed, (from, to))| {
        let frames = frames(*feed, &pointers, &rows);
        // An epoch is hexadecimal digits, numbers and full stops.
        let event = format!(
            "event: {ROWS_EVENT}\ndata: {{\"epoch\":\"{}\",\"feed\":\"{}\",\"from\":{},\"to\":{},\"frames\":[{frames}]}}\n\n",
            wanted.epoch,
            feed.as_str(),
            from.0,
            to.0,
        );
        Step { feed: *feed, from: *from, to: *to, event: event.into() }
    });
    Ok(steps.filter(|step| step.event.len() <= wanted.most_bytes).collect())
}

/// A [`wattle_protocol::pull::Frame`] without what follows its columns; the fields come in the same order.
#[derive(Serialize)]
struct RowsHead<'a> {
    frame: &'static str,
    feed: FeedClass,
    table: &'static str,
    columns: Vec<&'a str>,
}

#[derive(Serialize)]
struct Gone<'a> {
    frame: &'static str,
    feed: FeedClass,
    table: &'static str,
    ids: Vec<&'a Uuid>,
}

/// The frames of one feed: rows with parents before children, then what is gone with children before parents.
fn frames(feed: FeedClass, pointers: &Pointers, rows: &BTreeMap<TableName, Vec<(Uuid, String)>>) -> String {
    let Some(tables) = pointers.get(&feed) else { return String::new() };
    let mut frames: Vec<String> = Vec::new();
    let mut gone: Vec<String> = Vec::new();
    for (name, ids) in tables {
        let table = name.table();
        let here = rows.get(name).map(Vec::as_slice).unwrap_or_default();
        if !here.is_empty() {
            let columns = table.columns.iter().map(|c| c.name).collect();
            let head = RowsHead { frame: "rows", feed, table: table.sql, columns };
            let mut frame = serde_json::to_string(&head).unwrap_or_default();
            frame.pop();
            // Rows are JSON already; a line's end between two of its words would end the event.
            let rows: Vec<String> = here.iter().map(|(_, row)| row.replace('\n', " ")).collect();
            frame.push_str(",\"rows\":[");
            frame.push_str(&rows.join(","));
            frame.push_str("]}");
            frames.push(frame);
        }
        let missing: Vec<&Uuid> =
            ids.iter().filter(|id| !here.iter().any(|(there, _)| there == *id)).collect();
        if !missing.is_empty() {
            let frame = Gone { frame: "gone", feed, table: table.sql, ids: missing };
            gone.push(serde_json::to_string(&frame).unwrap_or_default());
        }
    }
    frames.extend(gone.into_iter().rev());
    frames.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use wattle_protocol::pull::Frame;

    #[test]
    fn frames_put_together_as_text_are_frames() {
        let (there, missing) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let tables = BTreeMap::from([
            (TableName::UserName, [there, missing].into_iter().collect()),
            (TableName::Practitioner, [missing].into_iter().collect()),
        ]);
        let pointers = Pointers::from([(FeedClass::Ref, tables)]);
        let rows = BTreeMap::from([(TableName::UserName, vec![(there, "[\"a\",\n1]".to_owned())])]);
        let text = frames(FeedClass::Ref, &pointers, &rows);
        assert!(!text.contains('\n'));
        let frames: Vec<Frame> = serde_json::from_str(&format!("[{text}]")).unwrap();
        let [
            Frame::Rows { table, rows, .. },
            Frame::Gone { table: child, .. },
            Frame::Gone { table: parent, ids, .. },
        ] = frames.as_slice()
        else {
            panic!("{frames:?}")
        };
        assert_eq!((table.as_str(), rows.len()), ("user_name", 1));
        assert_eq!(
            (child.as_str(), parent.as_str(), ids.as_slice()),
            ("practitioner", "user_name", [missing].as_slice())
        );
    }
}
