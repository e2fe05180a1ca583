//! The logs as one list: what was done to records, who was let in, and what the system before Wattle wrote down.

use std::collections::BTreeMap;

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};
use serde_json::Value;
use uuid::Uuid;
use wattle_domain::fields::FormerAct;
use wattle_domain::{PatientId, UserId, UtcInstant, WorkstationId};
use wattle_protocol::ipc::audit::{AuditLine, AuditPage, AuditQuery};

use super::clinic;
use crate::error::Error;
use crate::store::Store;

/// What an entry says of whom, where the columns of the logs differ.
const CHANGES: &str = "SELECT id, at, issued_at, user_id, role, workstation_id, action, patient_id, outcome, \
                       changes AS more, NULL AS subject_id, \
                       (SELECT g.reason FROM broken_glass g WHERE g.id = audit_event.command_id) AS reason, hash FROM audit_event";
const ACCESS: &str = "SELECT id, at, detail ->> 'done_at' AS issued_at, user_id, '' AS role, workstation_id, action, patient_id, NULL AS outcome, \
                      detail AS more, subject_id, reason, hash FROM access_event";
const FORMER: &str = "SELECT id, at, NULL AS issued_at, user_id, '' AS role, NULL AS workstation_id, 'former_' || action AS action, patient_id, \
                      NULL AS outcome, json_object('in', place, 'field', field, 'record', record) AS more, NULL AS subject_id, \
                      NULL AS reason, '' AS hash FROM former_event";

impl Store {
    /// A page of all logs, newest first; `workstations` names the computers.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn audit(
        &self,
        query: &AuditQuery,
        workstations: &BTreeMap<WorkstationId, String>,
    ) -> Result<AuditPage, Error> {
        self.read(|connection| {
            let names = clinic::user_names(connection)?;
            let mut page = AuditPage { actions: actions(connection)?, ..AuditPage::default() };
            each(connection, query, Some(AuditPage::LINES + 1), (&names, workstations), |line| {
                page.lines.push(line);
                Ok(())
            })?;
            page.more = page.lines.len() > AuditPage::LINES;
            page.lines.truncate(AuditPage::LINES);
            page.users = names.into_iter().collect();
            page.users.sort_by_key(|(_, name)| name.to_lowercase());
            Ok(page)
        })
    }

    /// Every entry that agrees with the filters, newest first, one at a time; gives how many.
    ///
    /// # Errors
    /// When the file cannot be read, or the first that `with` gives.
    pub fn each_audit_line(
        &self,
        query: &AuditQuery,
        workstations: &BTreeMap<WorkstationId, String>,
        mut with: impl FnMut(AuditLine) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        self.read(|connection| {
            let names = clinic::user_names(connection)?;
            let mut lines = 0;
            each(connection, query, None, (&names, workstations), |line| {
                lines += 1;
                with(line)
            })?;
            Ok(lines)
        })
    }
}

type Names<'a> = (&'a BTreeMap<UserId, String>, &'a BTreeMap<WorkstationId, String>);

fn each(
    connection: &Connection,
    query: &AuditQuery,
    limit: Option<usize>,
    (users, workstations): Names<'_>,
    mut with: impl FnMut(AuditLine) -> Result<(), Error>,
) -> Result<(), Error> {
    let (ours, of_each) = filter(query, "action");
    // What was done then and what is done now go by the same words, and are not the same.
    let (theirs, _) = filter(query, "'former_' || action");
    let mut values = [of_each.as_slice(); 3].concat();
    let mut sql = format!(
        "{CHANGES}{ours} UNION ALL {ACCESS}{ours} UNION ALL {FORMER}{theirs} ORDER BY at DESC, id DESC"
    );
    if let Some(limit) = limit {
        sql.push_str(" LIMIT ?");
        values.push(Sql::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
    }
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut patients = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let id = |name: &str| -> Result<Option<Uuid>, rusqlite::Error> {
            Ok(row.get::<_, Option<String>>(name)?.and_then(|text| text.parse().ok()))
        };
        let user = id("user_id")?.map(UserId);
        let patient = id("patient_id")?.map(PatientId);
        let patient_name = match patient {
            Some(patient) => match patients.entry(patient) {
                std::collections::btree_map::Entry::Occupied(known) => Option::clone(known.get()),
                std::collections::btree_map::Entry::Vacant(new) => {
                    new.insert(patient_name(connection, patient)?).clone()
                }
            },
            None => None,
        };
        let subject = id("subject_id")?;
        let mut more = said(&row.get::<_, String>("more")?);
        if let Some(subject) = subject.filter(|subject| Some(UserId(*subject)) != user) {
            let name = users.get(&UserId(subject)).or_else(|| workstations.get(&WorkstationId(subject)));
            more.extend(name.map(|name| format!("to {name}")));
        }
        with(AuditLine {
            id: id("id")?.unwrap_or_default(),
            at: UtcInstant(row.get("at")?),
            issued_at: row.get::<_, Option<i64>>("issued_at")?.map(UtcInstant),
            user,
            user_name: user.and_then(|user| users.get(&user).cloned()),
            role: row.get("role")?,
            workstation_name: id("workstation_id")?
                .and_then(|id| workstations.get(&WorkstationId(id)).cloned()),
            action: row.get("action")?,
            patient,
            patient_name,
            outcome: row.get("outcome")?,
            more,
            reason: row.get("reason")?,
            hash: row.get("hash")?,
        })?;
    }
    Ok(())
}

/// The filters as SQL that holds for each log, so that each is read along its index; `action` is how one says what was done.
fn filter(query: &AuditQuery, action: &str) -> (String, Vec<Sql>) {
    let done = format!("{action} = ?");
    let text = |text: String| vec![Sql::Text(text)];
    let (after_at, after_id) = query.after.map_or((None, None), |(at, id)| (Some(at), Some(id)));
    let wanted: [(&str, Option<Vec<Sql>>); 6] = [
        ("patient_id = ?", query.patient.map(|id| text(id.to_string()))),
        ("user_id = ?", query.user.map(|id| text(id.to_string()))),
        (&done, query.action.clone().map(text)),
        ("at >= ?", query.from.map(|at| vec![Sql::Integer(at.0)])),
        ("at < ?", query.until.map(|at| vec![Sql::Integer(at.0)])),
        (
            "at <= ? AND (at, id) < (?, ?)",
            after_at
                .zip(after_id)
                .map(|(at, id)| vec![Sql::Integer(at.0), Sql::Integer(at.0), Sql::Text(id.to_string())]),
        ),
    ];
    let mut sql = String::from(" WHERE deleted_at IS NULL");
    let mut values = Vec::new();
    for (condition, value) in wanted {
        if let Some(value) = value {
            sql.push_str(" AND ");
            sql.push_str(condition);
            values.extend(value);
        }
    }
    (sql, values)
}

fn actions(connection: &Connection) -> Result<Vec<String>, Error> {
    // There may be millions of theirs: each word is looked up, not collected.
    let sql = "SELECT action FROM audit_event UNION SELECT action FROM access_event
               UNION SELECT 'former_' || value FROM json_each(?1)
                     WHERE EXISTS (SELECT 1 FROM former_event WHERE action = value) ORDER BY 1";
    let mut statement = connection.prepare_cached(sql)?;
    let theirs = serde_json::to_string(FormerAct::ALL).unwrap_or_default();
    let words = statement.query_map([theirs], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(words)
}

fn patient_name(connection: &Connection, id: PatientId) -> Result<Option<String>, Error> {
    let hit = super::hit::load(connection, id, Vec::new(), false)?;
    Ok(hit.map(|p| match p.given_name {
        Some(given) => format!("{}, {given}", p.family_name),
        None => p.family_name,
    }))
}

/// What an entry says beside its columns, flat: `patient.phone` for a field that changed, `role: nurse` for a word.
fn said(more: &str) -> Vec<String> {
    match serde_json::from_str(more) {
        Ok(Value::Object(words)) => flat(&words),
        Ok(Value::Array(changes)) => {
            let fields = |change: &Value| -> Option<Vec<String>> {
                let table = change.get("table")?.as_str()?.to_owned();
                let fields = change.get("fields")?.as_array()?;
                Some(fields.iter().filter_map(Value::as_str).map(|f| format!("{table}.{f}")).collect())
            };
            // A verb that leaves no row says something of its own.
            let own = |change: &Value| change.as_object().filter(|c| !c.contains_key("table")).map(flat);
            changes.iter().filter_map(|change| fields(change).or_else(|| own(change))).flatten().collect()
        }
        _ => Vec::new(),
    }
}

/// Words and numbers of ours; when it was done has a column of its own.
fn flat(words: &serde_json::Map<String, Value>) -> Vec<String> {
    let word = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    let others = words.iter().filter(|(name, value)| name.as_str() != "done_at" && !value.is_null());
    others.map(|(name, value)| format!("{name}: {}", word(value))).collect()
}
