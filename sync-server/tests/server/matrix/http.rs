//! Over HTTP: every route against every role, every command against every role.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;
use wattle_domain::role::{Action, Grant, Noun};
use wattle_domain::{Command, RejectionCode, Role};
use wattle_protocol::push::Verdict;
use wattle_protocol::{PROTOCOL, PROTOCOL_HEADER};

use crate::support::{Desk, House};

/// Who may call a route.
pub(super) enum Rule {
    /// Anybody, without a token.
    Open,
    /// Whoever is signed in; what they get is looked at elsewhere.
    SignedIn,
    /// Who is granted it.
    Granted(Grant),
}

/// Every route of `router.rs`.
pub(super) fn rules() -> Vec<(Method, &'static str, Value, Rule)> {
    use Rule::{Granted, Open, SignedIn};
    let code = json!({"act": "make_code"});
    vec![
        (Method::POST, "/v1/sign-in", json!({}), Open),
        (Method::POST, "/v1/openid", json!({}), Open),
        (Method::POST, "/v1/refresh", json!({}), Open),
        (Method::GET, "/healthz", json!({}), Open),
        (Method::GET, "/readyz", json!({}), Open),
        // Signed for one object.
        (Method::GET, "/v1/blob/{*name}", json!({}), Open),
        (Method::PUT, "/v1/blob/{*name}", json!({}), Open),
        (Method::POST, "/v1/session", json!({}), SignedIn),
        (Method::POST, "/v1/push", json!({"commands": []}), SignedIn),
        (Method::POST, "/v1/pull", json!({}), SignedIn),
        (Method::POST, "/v1/document", json!({}), SignedIn),
        (Method::POST, "/v1/image", json!({}), SignedIn),
        (Method::GET, "/v1/live", json!({}), SignedIn),
        (Method::POST, "/v1/second-factor", json!({"step": "look"}), SignedIn),
        (Method::POST, "/v1/password", json!({}), SignedIn),
        (Method::POST, "/v1/refused", json!({"refused": []}), SignedIn),
        // A body of another shape: what it gives out, and to whom, is looked at in `handlers::escrow`.
        (Method::POST, "/v1/escrow", json!({}), SignedIn),
        // Refused to whoever was not told to wipe, with a word of its own.
        (Method::POST, "/v1/wipe", json!({"unsent": 1}), SignedIn),
        (Method::GET, "/v1/admin", json!({}), Granted((Noun::Account, Action::Read))),
        (Method::POST, "/v1/admin", code, Granted((Noun::Workstation, Action::Write))),
    ]
}

pub(super) async fn house() -> (House, Vec<(Role, Desk)>) {
    let house = House::new().await;
    let mut desks = Vec::new();
    for role in Role::ALL {
        house.person(role.as_str(), role).await;
        desks.push((role, house.desk(role.as_str(), role.as_str()).await));
    }
    (house, desks)
}

async fn call(desk: &Desk, method: Method, path: &str, body: &Value, token: Option<&str>) -> StatusCode {
    let path = path.replace("{*name}", "nothing");
    let mut request = desk
        .http
        .request(method, format!("http://{}{path}", desk.address))
        .header(PROTOCOL_HEADER, PROTOCOL)
        .json(body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    request.send().await.unwrap().status()
}

#[test]
fn every_route_has_a_rule() {
    let source = include_str!("../../../src/router.rs");
    let app = source.split("pub fn metrics_router").next().unwrap();
    let handled = [("get(handlers", "GET"), ("post(handlers", "POST"), ("put(handlers", "PUT")];
    let mut routes = BTreeSet::new();
    for after in app.split(".route(").skip(1) {
        let path = after.split('"').nth(1).unwrap();
        let methods = handled.iter().filter(|(call, _)| after.contains(call)).map(|(_, method)| *method);
        let pairs: Vec<_> = methods.map(|method| (method.to_owned(), path)).collect();
        let handlers = after.matches("(handlers::").count();
        assert_eq!(pairs.len(), handlers, "{path} has a method that this test does not know");
        routes.extend(pairs);
    }
    let ruled: BTreeSet<_> = rules().iter().map(|rule| (rule.0.to_string(), rule.1)).collect();
    assert_eq!(routes, ruled);
}

#[tokio::test]
async fn each_route_answers_whom_it_may() {
    let (_house, desks) = house().await;
    for (method, path, body, rule) in rules() {
        let (_, anybody) = &desks[0];
        for token in [None, Some("not-a-token")] {
            let status = call(anybody, method.clone(), path, &body, token).await;
            let refused = status == StatusCode::UNAUTHORIZED;
            assert_eq!(refused, !matches!(rule, Rule::Open), "{method} {path} without a token: {status}");
        }
        for (role, desk) in &desks {
            let token = Some(desk.signed_in.access_token.as_str());
            let status = call(desk, method.clone(), path, &body, token).await;
            let may = match &rule {
                Rule::Open | Rule::SignedIn => true,
                Rule::Granted(grant) => role.may(*grant),
            };
            let refused = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
            assert_eq!(refused, !may, "{method} {path} for {}: {status}", role.as_str());
        }
    }
}

/// One of each command; none of them means anything, because who may not is told so before it is looked at.
fn commands() -> Vec<Command> {
    let id = Uuid::from_u128(1);
    let person = json!({"family_name": "X", "birth_date_accuracy": "unknown", "sex": "unknown"});
    Command::NAMES
        .iter()
        .map(|&name| {
            let args = match name {
                "register_patient" => json!({"patient_id": id, "details": person, "parts": {}}),
                "edit_patient" => json!({"patient_id": id, "edits": []}),
                "book_appointment" => json!({"appointment_id": id, "practitioner_id": id, "patient_id": id,
                    "type_id": id, "start_at": 0, "end_at": 900_000, "double_booking": false}),
                "reschedule_appointment" => {
                    let slot = json!({"practitioner_id": id, "start_at": 0, "end_at": 900_000});
                    json!({"appointment_id": id, "was": slot, "to": slot, "double_booking": false})
                }
                "cancel_appointment" => json!({"appointment_id": id, "reason": "x"}),
                "resolve_conflict" => {
                    json!({"conflict_id": id, "table": "patient", "row_id": id, "choice": "other"})
                }
                "note_access" => json!({"patient_id": id, "access": "opened"}),
                "note_search" => json!({"hits": 3}),
                "note_export" => json!({"exported": "audit_log"}),
                "record_allergy" => json!({"allergy_id": id, "patient_id": id, "kind": "nil_known"}),
                "record_condition" => json!({"condition_id": id, "patient_id": id, "text": "x"}),
                "record_medication" => json!({"medication_id": id, "patient_id": id, "text": "x"}),
                "edit_entry" | "edit_recall" | "edit_document" => json!({"patient_id": id, "edits": []}),
                "record_observations" => {
                    json!({"patient_id": id, "effective_at": 0, "observations": []})
                }
                "sign_note" => json!({"note_id": id, "patient_id": id, "body": "x"}),
                "add_document" => {
                    json!({"document_id": id, "patient_id": id, "kind": "consent", "title": "x",
                    "source": "file", "mime": "text/plain", "size_bytes": 1, "sha256": "0".repeat(64)})
                }
                "record_recall" => {
                    json!({"recall_id": id, "patient_id": id, "due_on": "2027-01-01", "reason": "x"})
                }
                "note_day_sheet" => json!({"date": "2027-01-01"}),
                "record_consent" => {
                    json!({"consent_id": id, "patient_id": id, "kind": "share_record", "given": true, "note": "x"})
                }
                "record_provider" => json!({"provider_id": id, "details": {"name": "x"}}),
                "edit_provider" => json!({"edits": []}),
                "save_letter_template" => {
                    json!({"template_id": id, "name": "x", "subject": "x", "body": "x", "active": true})
                }
                "write_letter" => {
                    json!({"letter_id": id, "patient_id": id, "recipient": "x", "subject": "x", "body": "x"})
                }
                "record_result" => json!({"item_id": id, "patient_id": id, "title": "x"}),
                "action_result" => json!({"item_id": id, "patient_id": id, "action": "no_action"}),
                "restrict_patient" => json!({"patient_id": id, "restricted": true}),
                "break_glass" => json!({"patient_id": id, "reason": "a reason"}),
                "see_glass" => json!({"glass_id": id}),
                "record_practitioner" => {
                    let details = json!({"family_name": "x", "usual_duration_min": 15, "sort": 1});
                    json!({"practitioner_id": id, "details": details})
                }
                "edit_practitioner" => json!({"practitioner_id": id, "edits": []}),
                _ => json!({"appointment_id": id}),
            };
            serde_json::from_value(json!({"name": name, "args": args}))
                .unwrap_or_else(|error| panic!("{name}: {error}"))
        })
        .collect()
}

#[tokio::test]
async fn each_command_is_refused_to_whom_it_is_not_granted() {
    let (_house, mut desks) = house().await;
    for (role, desk) in &mut desks {
        for command in commands() {
            let (name, may) = (command.name(), role.may(command.grant()));
            let verdict = desk.do_it(command).await;
            let refused = matches!(&verdict, Verdict::Rejected { rejection } if rejection.code == RejectionCode::NotAllowed);
            assert_eq!(refused, !may, "{name} by {}: {verdict:?}", role.as_str());
        }
    }
}
