//! Reads the protocol's tagged enums from a JSON value by hand.
//!
//! What serde derives for such an enum reads every struct inside it through a buffer of its own, which compiles all of them
//! once more: a twentieth of the page. The tests hold this to what serde writes.

use serde::de::DeserializeOwned;
use serde_json::Value;
use wattle_protocol::ipc::attention::AttentionItem;
use wattle_protocol::ipc::event::Event;
use wattle_protocol::ipc::session::AppState;

/// A type that comes from the shell.
pub(crate) trait Read: Sized {
    /// `None` when it is not of this shape.
    fn read(value: Value) -> Option<Self>;
}

fn whole<T: DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

fn part<T: DeserializeOwned>(value: &mut Value, name: &str) -> Option<T> {
    whole(value.get_mut(name).map(Value::take).unwrap_or_default())
}

fn tag(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}

impl Read for Event {
    fn read(value: Value) -> Option<Self> {
        Some(match tag(&value, "event")?.as_str() {
            "changed" => Self::Changed(whole(value)?),
            "sync" => Self::Sync(whole(value)?),
            "app" => Self::App(AppState::read(value)?),
            "scans" => Self::Scans,
            _ => return None,
        })
    }
}

impl Read for AppState {
    fn read(mut value: Value) -> Option<Self> {
        let v = &mut value;
        Some(match tag(v, "state")?.as_str() {
            "needs_set_up" => Self::NeedsSetUp {
                server_url: part(v, "server_url")?,
                workstation_name: part(v, "workstation_name")?,
            },
            "signed_out" => Self::SignedOut {
                clinic_name: part(v, "clinic_name")?,
                workstation_name: part(v, "workstation_name")?,
                known_users: part(v, "known_users")?,
                notice: part(v, "notice")?,
                own_code: part(v, "own_code")?,
            },
            "first_sync" => Self::FirstSync { progress: part(v, "progress")? },
            "ready" => Self::Ready { session: part(v, "session")? },
            "locked" => Self::Locked { session: part(v, "session")? },
            _ => return None,
        })
    }
}

impl Read for Vec<AttentionItem> {
    fn read(value: Value) -> Option<Self> {
        let Value::Array(items) = value else { return None };
        let item = |value: Value| match tag(&value, "kind")?.as_str() {
            "conflict" => whole(value).map(AttentionItem::Conflict),
            "rejected" => whole(value).map(AttentionItem::Rejected),
            "glass" => whole(value).map(AttentionItem::Glass),
            "same_card" => whole(value).map(AttentionItem::SameCard),
            // An item of a newer version is not shown rather than all of them.
            _ => None,
        };
        Some(items.into_iter().filter_map(item).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wattle_domain::{Role, TableName, UtcInstant};
    use wattle_protocol::ipc::FaultCode;
    use wattle_protocol::ipc::event::Changed;
    use wattle_protocol::ipc::session::{Connection, Progress, Session, SyncState};

    use super::*;

    fn as_written<T: Read + serde::Serialize + PartialEq + std::fmt::Debug>(value: T) {
        assert_eq!(T::read(json!(value)), Some(value));
    }

    fn session() -> Session {
        Session {
            user: uuid::Uuid::from_u128(1).into(),
            username: "maria".into(),
            display_name: "Maria Costa".into(),
            roles: vec![Role::Reception],
            practitioner_id: None,
            clinic_name: "Enmore Road".into(),
            zone: Default::default(),
            workstation_name: "reception-1".into(),
            offline_lease_until: UtcInstant(7),
            password_given: true,
        }
    }

    #[test]
    fn every_state_is_read_as_it_is_written() {
        as_written(AppState::NeedsSetUp { server_url: "https://x".into(), workstation_name: "a".into() });
        for (clinic_name, notice) in [(None, None), (Some("C".to_owned()), Some(FaultCode::Damaged))] {
            let known_users = vec!["maria".to_owned()];
            as_written(AppState::SignedOut {
                clinic_name,
                workstation_name: "a".into(),
                known_users,
                notice,
                own_code: notice.map(|_| "ABCD-EFGH".to_owned()),
            });
        }
        as_written(AppState::FirstSync {
            progress: Progress { rows: 1, of_rows: 2, elapsed_ms: 3, bytes: 4, of_bytes: 5 },
        });
        as_written(AppState::Ready { session: session() });
        as_written(AppState::Locked { session: session() });
    }

    #[test]
    fn every_event_is_read_as_it_is_written() {
        as_written(Event::App(AppState::Ready { session: session() }));
        as_written(Event::Scans);
        as_written(Event::Changed(Changed {
            rows: vec![(TableName::Patient, vec![uuid::Uuid::from_u128(2)])],
        }));
        as_written(Event::Sync(SyncState {
            connection: Connection::Offline { since: UtcInstant(5) },
            waiting: 4,
            oldest_waiting_at: Some(UtcInstant(6)),
            last_contact_at: None,
            attention: 1,
            clock_skew_ms: Some(-3),
            cursors: vec![("ref".into(), wattle_domain::FeedSeq(9))],
            ..SyncState::default()
        }));
    }

    #[test]
    fn every_item_is_read_as_it_is_written() {
        let items: Vec<AttentionItem> = serde_json::from_value(json!([
            {"kind": "conflict", "id": uuid::Uuid::from_u128(1), "table": "patient_contact", "row_id": uuid::Uuid::from_u128(2),
             "field": "value", "row_kind": "mobile", "patient_id": null, "patient_name": "COSTA Maria",
             "kept": {"value": "+61412345678", "by": "Dr Lee", "mine": false, "at": 5},
             "other": {"value": null, "by": null, "mine": true, "at": null}, "pending": false},
            {"kind": "rejected", "command_id": uuid::Uuid::from_u128(3), "name": "book_appointment", "args": {"a": 1}, "issued_at": 7,
             "by": null, "patient_id": null, "patient_name": null, "rejection": {"code": "slot_taken"}},
            {"kind": "glass", "id": uuid::Uuid::from_u128(4), "patient_id": uuid::Uuid::from_u128(5), "patient_name": null, "by": "Nina",
             "mine": false, "opened_at": 8, "until": 9, "reason": "collapsed"},
            {"kind": "same_card", "number": "2950197513", "reference": "1", "noticed_at": 9,
             "patients": [{"patient_id": uuid::Uuid::from_u128(6), "name": "COSTA Maria"}]}
        ]))
        .unwrap();
        as_written(items);
        assert_eq!(Vec::<AttentionItem>::read(json!([{"kind": "newer"}])), Some(Vec::new()));
    }
}
