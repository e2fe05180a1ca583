//! No saved command is lost, and none counts twice.

use std::collections::{BTreeMap, BTreeSet};

use wattle_domain::{FeedClass, TableName};

use super::super::town::Town;
use super::open;

pub fn check(town: &Town) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut verdicts: BTreeMap<String, usize> = BTreeMap::new();
    let mut all = 0;
    for (clinic, id) in town.clinics.iter().enumerate() {
        let sql = format!(
            "SELECT command_id, verdict->>'verdict' FROM clinic.command_log WHERE clinic_id = '{id}'"
        );
        let said = town.house.text(&sql).unwrap();
        let log: BTreeMap<&str, &str> = said.lines().filter_map(|line| line.split_once('|')).collect();
        for desk in town.desks.iter().filter(|desk| desk.clinic == clinic) {
            let file = open(desk);
            let ids = |state: &str| -> BTreeSet<String> {
                let mut query = file.prepare("SELECT command_id FROM outbox WHERE state = ?").unwrap();
                query.query_map([state], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
            };
            for state in ["waiting", "answered"] {
                for command in ids(state) {
                    wrong.push(format!("{}: command {command} is still {state}", desk.name));
                }
            }
            let needs_attention = ids("rejected");
            for line in desk.ledger() {
                all += 1;
                let (id, name) = (line.command.to_string(), line.name);
                let verdict = log.get(id.as_str()).copied();
                *verdicts.entry(verdict.unwrap_or("none").to_owned()).or_default() += 1;
                let kept = needs_attention.contains(&id);
                match verdict {
                    None if !kept => wrong.push(format!("{}: {name} {id} is LOST", desk.name)),
                    Some("rejected" | "quarantined") if !kept => {
                        wrong.push(format!(
                            "{}: {name} {id} is {verdict:?} and nobody is shown it",
                            desk.name
                        ));
                    }
                    _ => {}
                }
            }
        }
    }
    println!("       {all} commands saved; verdicts: {verdicts:?}");
    let none = "commands saved by people";
    if all == 0 {
        wrong.push(format!("no {none}"));
    }
    for (what, sql) in [
        (
            "commands that are in the audit log more than once",
            "SELECT count(*) FROM (SELECT FROM clinic.audit_event WHERE outcome <> 'not_believed' \
             GROUP BY clinic_id, command_id HAVING count(*) > 1) twice",
        ),
        (
            "commands with a verdict that are not in the audit log",
            "SELECT count(*) FROM clinic.command_log c WHERE verdict->>'verdict' <> 'quarantined' AND NOT EXISTS \
             (SELECT FROM clinic.audit_event a WHERE a.clinic_id = c.clinic_id AND a.command_id = c.command_id)",
        ),
        (
            "appointments with other than one booking in their history",
            "SELECT count(*) FROM clinic.appointment a WHERE EXISTS (SELECT FROM clinic.audit_event e, \
               jsonb_array_elements(e.changes) c WHERE e.clinic_id = a.clinic_id AND e.action = 'book_appointment' \
               AND e.outcome IN ('applied', 'merged', 'conflict') AND c->>'table' = 'appointment' AND c->>'id' = a.id::text) \
             AND (SELECT count(*) FROM clinic.appointment_event e WHERE e.clinic_id = a.clinic_id AND e.appointment_id = a.id \
             AND e.kind = 'booked') <> 1",
        ),
        ("commands in quarantine", "SELECT count(*) FROM clinic.quarantine"),
    ] {
        let count = town.house.count(sql).unwrap();
        if count > 0 {
            wrong.push(format!("{count} {what}"));
        }
    }
    // The commands themselves rest sealed; the audit log says which rows each of them wrote.
    let mut rows = 0;
    for &table in TableName::ALL.iter().filter(|t| **t != TableName::AuditEvent) {
        let name = table.as_str();
        let written = format!(
            "FROM clinic.audit_event a, jsonb_array_elements(a.changes) c WHERE c->>'table' = '{name}' \
             AND a.outcome IN ('applied', 'merged', 'conflict')"
        );
        rows += town.house.count(&format!("SELECT count(*) {written}")).unwrap();
        let lost = town.house.count(&format!(
            "SELECT count(*) {written} AND NOT EXISTS (SELECT FROM clinic.{name} r \
             WHERE r.clinic_id = a.clinic_id AND r.id = (c->>'id')::uuid)"
        ));
        match lost.unwrap() {
            0 => {}
            lost => wrong.push(format!("{lost} rows of {name} that a command wrote are not there")),
        }
    }
    println!("       {rows} rows written by commands");
    for (what, class) in [("desk", FeedClass::Front), ("record", FeedClass::Clinical)] {
        let tables = TableName::ALL.iter().filter(|t| t.table().class == class);
        let any = tables.clone().any(|t| {
            let sql = format!("SELECT count(*) FROM clinic.{} WHERE updated_by IS NOT NULL", t.as_str());
            town.house.count(&sql).unwrap() > 0
        });
        if !any {
            wrong.push(format!("nobody wrote anything of the {what}: this proves nothing"));
        }
    }
    wrong
}
