//! Verdicts out of decisions and of the schema's refusals; entries of the audit log.

use serde_json::{Value, json};
use wattle_domain::attention::keeps_conflicts;
use wattle_domain::entities::AuditEvent;
use wattle_domain::{
    ConflictId, Decision, Envelope, Outcome, PatientId, Rejection, RejectionCode, Role, UtcInstant,
};
use wattle_protocol::push::Verdict;

/// The verdict over a decision that was written.
pub(super) fn of(decision: &Decision) -> Verdict {
    match decision.outcome {
        Outcome::Applied => Verdict::Applied,
        Outcome::Merged => Verdict::Merged,
        Outcome::Conflict => Verdict::Conflict {
            conflicts: decision
                .changes
                .iter()
                .filter(|c| keeps_conflicts(c.table) && c.base_rev.is_none())
                .map(|c| ConflictId(c.id))
                .collect(),
        },
    }
}

/// What a refusal of the schema means, by the constraint's name.
pub(super) fn rejection(state: &str, constraint: Option<&str>) -> Rejection {
    let code = match (state, constraint) {
        (_, Some("appointment_no_overlap")) => RejectionCode::SlotTaken,
        // By its hash; by itself where it rests plain.
        (_, Some("patient_identifier_ihi" | "patient_identifier_ihi_plain")) => {
            RejectionCode::IdentifierTaken
        }
        // A unique key: the id is taken. A foreign key: what it points at is not there.
        ("23505", _) => RejectionCode::AlreadyExists,
        ("23503", _) => RejectionCode::NotFound,
        _ => RejectionCode::Invalid,
    };
    Rejection::new(code)
}

/// The word of a verdict in the audit log: `applied`, `rejected slot_taken`, …
pub(super) fn word(verdict: &Verdict) -> String {
    let value = serde_json::to_value(verdict).unwrap_or_default();
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    match verdict {
        Verdict::Rejected { .. } => format!("{} {}", text("/verdict"), text("/rejection/code")),
        _ => text("/verdict").to_owned(),
    }
}

/// The entry of a command: which fields changed, never to what.
pub(super) fn entry(
    envelope: &Envelope,
    roles: &[Role],
    at: UtcInstant,
    outcome: String,
    patient_id: Option<PatientId>,
    decision: Option<&Decision>,
) -> AuditEvent {
    let changes: Vec<Value> = decision
        .map(|d| d.changes.as_slice())
        .unwrap_or_default()
        .iter()
        .map(|change| {
            let fields: Vec<&String> = change
                .set
                .iter()
                .filter(|(_, v)| change.base_rev.is_some() || !v.is_null())
                .map(|f| f.0)
                .collect();
            json!({"table": change.table, "id": change.id, "fields": fields})
        })
        .collect();
    let changes = changes.into_iter().chain(envelope.command.said()).collect();
    AuditEvent {
        id: uuid::Uuid::now_v7(),
        at,
        user_id: envelope.author,
        role: roles.iter().map(|r| r.as_str()).collect::<Vec<_>>().join(","),
        workstation_id: envelope.workstation,
        action: envelope.command.act().to_owned(),
        command_id: envelope.id,
        patient_id,
        outcome,
        changes: Value::Array(changes),
        prev_hash: String::new(),
        hash: String::new(),
        issued_at: Some(envelope.issued_at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_become_rejections_by_name() {
        let cases = [
            ("23P01", Some("appointment_no_overlap"), RejectionCode::SlotTaken),
            ("23505", Some("patient_identifier_ihi"), RejectionCode::IdentifierTaken),
            ("23505", Some("patient_identifier_ihi_plain"), RejectionCode::IdentifierTaken),
            ("23505", Some("patient_pkey"), RejectionCode::AlreadyExists),
            ("23503", Some("appointment_patient"), RejectionCode::NotFound),
            ("23514", Some("appointment_span"), RejectionCode::Invalid),
            ("22P05", None, RejectionCode::Invalid),
        ];
        for (state, constraint, code) in cases {
            assert_eq!(rejection(state, constraint).code, code, "{state} {constraint:?}");
        }
    }

    #[test]
    fn verdicts_have_words() {
        assert_eq!(word(&Verdict::Applied), "applied");
        let rejection = Rejection::new(RejectionCode::SlotTaken);
        assert_eq!(word(&Verdict::Rejected { rejection }), "rejected slot_taken");
    }
}
