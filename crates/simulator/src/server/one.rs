//! One command: load, decide, write.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value, json};
use wattle_domain::attention::keeps_conflicts;
use wattle_domain::entities::AuditEvent;
use wattle_domain::{
    ConflictId, Context, Decision, Entity, Envelope, Outcome, Place, Read, Rejection, RejectionCode, Role,
    Row, RowChange, TableName, Unwritable, World, decide,
};
use wattle_protocol::push::Verdict;

use super::Server;
use super::database::{ClinicData, Key};
use super::history::check_edit;
use super::transaction::Transaction;
use crate::mutant::Mutant;

/// What became of one command.
pub enum Done {
    /// It has a verdict.
    Decided(Verdict),
    /// The server failed over it.
    Failed,
    /// Another transaction holds a row that it needs.
    Locked,
}

/// What a command reads, as its transaction sees it, and the rows that it locks.
fn world(data: &ClinicData, tx: &mut Transaction, reads: &[Read]) -> (World, Vec<Key>) {
    let mut world = World::default();
    let mut locks = Vec::new();
    for read in reads {
        match *read {
            Read::Row(table, id) => {
                if let Some(row) = tx.row(data, (table, id)) {
                    world.insert(table, Row::clone(row));
                    locks.push((table, id));
                }
            }
            Read::OfPatient(table, _) => {
                for row in all(data, tx, table).filter(|row| read.selects(table, row)) {
                    world.insert(table, row.clone());
                    locks.push((table, row.id));
                }
            }
            Read::Book { .. } => {
                let table = TableName::Appointment;
                for row in all(data, tx, table).filter(|row| read.selects(table, row)) {
                    world.insert(table, row.clone());
                }
            }
            Read::NextRecordNumber => {
                let next = tx.next_record.unwrap_or(data.next_record);
                tx.next_record = Some(next + 1);
                world.next_record_number = Some(format!("P{next:05}"));
            }
        }
    }
    (world, locks)
}

fn all<'a>(data: &'a ClinicData, tx: &'a Transaction, table: TableName) -> impl Iterator<Item = &'a Row> {
    let old = data.of(table).filter(move |row| !tx.rows.contains_key(&(table, row.id))).map(|row| &**row);
    let new = tx.rows.iter().filter(move |(key, _)| key.0 == table).filter_map(|(_, row)| row.as_deref());
    old.chain(new)
}

impl Server {
    /// Decides one command in its savepoint and leaves its entry in the audit log.
    pub fn one(&mut self, tx: &mut Transaction, envelope: &Envelope, roles: &[Role]) -> Done {
        if self.poisoned.contains(&envelope.id) {
            return Done::Failed;
        }
        let savepoint = tx.clone();
        (tx.user, tx.workstation) = (Some(envelope.author), Some(envelope.workstation));
        let data = self.database.clinic(tx.clinic);
        let allowed = roles.iter().any(|role| role.may(envelope.command.grant()));
        let (world, locks) =
            if allowed { world(data, tx, &envelope.command.reads()) } else { Default::default() };
        if self.imports.iter().any(|i| i.transaction.clinic == tx.clinic && i.holds(&locks)) {
            *tx = savepoint;
            return Done::Locked;
        }
        let patient = envelope.command.patient(&world);
        let context = Context::of(envelope, roles, Place::Server);
        let Ok(decided) = catch_unwind(AssertUnwindSafe(|| decide(&envelope.command, &context, &world)))
        else {
            *tx = savepoint;
            return Done::Failed;
        };
        let mut written = Vec::new();
        let verdict = match decided.map(|decision| self.mutate(decision, envelope, &world)) {
            Err(rejection) => Err(rejection),
            Ok(decision) => match decision.changes.iter().try_for_each(|c| tx.write(data, c)) {
                Ok(()) => {
                    let verdict = verdict(&decision);
                    written = decision.changes;
                    Ok(verdict)
                }
                Err(Unwritable::Exists) => Err(Rejection::new(RejectionCode::AlreadyExists)),
                Err(Unwritable::Missing | Unwritable::OnlyGrows) => {
                    *tx = savepoint;
                    return Done::Failed;
                }
            },
        };
        let verdict = match verdict {
            Ok(verdict) => {
                if let Some(wrong) = check_edit(data, &savepoint, tx, envelope) {
                    self.wrong.push(wrong);
                }
                tx.applied.push(envelope.id);
                verdict
            }
            Err(rejection) => {
                *tx = savepoint;
                Verdict::Rejected { rejection }
            }
        };
        let id = self.random.id();
        let data = self.database.clinic(tx.clinic);
        let nth = tx.audited.unwrap_or(data.audited) + 1;
        tx.audited = Some(nth);
        let entry = AuditEvent {
            id,
            at: self.now,
            user_id: envelope.author,
            // The word of the class stands in a column of names, so that it would show where it does not belong.
            role: crate::canary::word(tx.clinic, wattle_domain::FeedClass::Admin, "x"),
            workstation_id: envelope.workstation,
            action: envelope.command.name().to_owned(),
            command_id: envelope.id,
            patient_id: patient,
            outcome: word(&verdict),
            changes: changes(&written),
            prev_hash: (nth - 1).to_string(),
            hash: nth.to_string(),
            issued_at: Some(envelope.issued_at),
        };
        let change = RowChange::insert(id, &entry);
        debug_assert_eq!(AuditEvent::TABLE.name, change.table);
        // Its id is new: nothing can refuse it.
        let _ = tx.write(data, &change);
        Done::Decided(verdict)
    }

    fn mutate(&self, mut decision: Decision, envelope: &Envelope, world: &World) -> Decision {
        if self.is(Mutant::SilentOverwrite) && decision.outcome == Outcome::Conflict {
            decision.changes.retain(|c| !keeps_conflicts(c.table));
            decision.outcome = Outcome::Merged;
        }
        if self.is(Mutant::ClockOrders) {
            for change in decision.changes.iter_mut().filter(|c| c.base_rev.is_some()) {
                let Some(row) = world.row(change.table, change.id) else { continue };
                let later = |field: &str| {
                    let at = row
                        .field("field_changes")
                        .get(field)
                        .and_then(|c| c.get("at"))
                        .and_then(Value::as_i64);
                    at.is_some_and(|at| at > envelope.issued_at.0)
                };
                change.set.retain(|field, _| !later(field));
            }
        }
        decision
    }
}

fn verdict(decision: &Decision) -> Verdict {
    match decision.outcome {
        Outcome::Applied => Verdict::Applied,
        Outcome::Merged => Verdict::Merged,
        Outcome::Conflict => {
            let new = decision.changes.iter().filter(|c| keeps_conflicts(c.table) && c.base_rev.is_none());
            Verdict::Conflict { conflicts: new.map(|c| ConflictId(c.id)).collect() }
        }
    }
}

fn word(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Rejected { rejection } => format!("rejected {:?}", rejection.code),
        Verdict::Applied => "applied".into(),
        Verdict::Merged => "merged".into(),
        Verdict::Conflict { .. } => "conflict".into(),
        Verdict::Deferred { .. } | Verdict::Quarantined => "quarantined".into(),
    }
}

fn changes(changes: &[RowChange]) -> Value {
    let change =
        |c: &RowChange| json!({"table": c.table, "id": c.id, "fields": c.set.keys().collect::<Vec<_>>()});
    Value::Array(changes.iter().map(change).collect())
}
