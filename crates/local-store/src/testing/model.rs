//! The simplest thing that could be right: a server of plain maps, and a workstation that always runs everything again.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;
use wattle_domain::attribution::Attribution;
use wattle_domain::entities::{AppointmentType, Patient, PatientContact, Practitioner};
use wattle_domain::fields::{BirthDateAccuracy, ContactKind, Sex};
use wattle_domain::schedule::LONGEST_MIN;
use wattle_domain::{
    Context, Entity, Envelope, FeedClass, FeedSeq, Outcome, Place, Read, Rev, Role, Row, TableName, World,
    decide,
};
use wattle_protocol::pull::{COMMON_COLUMNS, Frame};
use wattle_protocol::push::{Answer, Verdict};

use super::id;
use crate::effect::changed_row;

pub(crate) type Rows = BTreeMap<(TableName, Uuid), Row>;

pub(crate) const ROLES: [Role; 2] = [Role::Reception, Role::Practitioner];

/// What a command reads of some rows.
pub(crate) fn world(rows: &Rows, reads: &[Read]) -> World {
    let mut world = World::default();
    for read in reads {
        for (&(table, row_id), row) in rows {
            let wanted = match *read {
                Read::Row(t, i) => (t, i) == (table, row_id),
                Read::OfPatient(t, p) => t == table && row.field("patient_id") == &json!(p),
                Read::Book { practitioner, from, to } => {
                    let at = |name: &str| row.field(name).as_i64().unwrap_or(0);
                    table == TableName::Appointment
                        && row.field("practitioner_id") == &json!(practitioner)
                        && at("start_at") < to.0
                        && at("end_at") > from.0
                        && at("start_at") >= from.plus_minutes(-LONGEST_MIN).0
                        && row.field("status") != &json!("cancelled")
                        && row.field("status") != &json!("did_not_attend")
                }
                Read::NextRecordNumber => false,
            };
            if wanted {
                world.insert(table, row.clone());
            }
        }
    }
    world
}

/// Runs a command over some rows. Returns the rows that it changed, or the rule's no.
pub(crate) fn run(
    rows: &mut Rows,
    envelope: &Envelope,
    place: Place,
) -> Result<(Outcome, Vec<(TableName, Uuid)>), wattle_domain::Rejection> {
    let world = world(rows, &envelope.command.reads());
    let decision = decide(&envelope.command, &Context::of(envelope, &ROLES, place), &world)?;
    let mut changed = Vec::new();
    for change in &decision.changes {
        let before = rows.get(&(change.table, change.id));
        if let Some(mut row) = changed_row(envelope, change, before) {
            if place == Place::Server {
                row.rev = Rev(row.rev.0 + 1);
            }
            rows.insert((change.table, change.id), row);
            changed.push((change.table, change.id));
        }
    }
    Ok((decision.outcome, changed))
}

/// The server: rows, where each changed last, and the verdicts it gave.
#[derive(Default)]
pub(crate) struct Server {
    pub rows: Rows,
    pub head: u64,
    moved: BTreeMap<(TableName, Uuid), u64>,
    verdicts: BTreeMap<wattle_domain::CommandId, Verdict>,
}

impl Server {
    /// A clinic with 2 practitioners, a type, 3 patients with a phone each.
    pub(crate) fn clinic() -> Self {
        let mut server = Self::default();
        for n in 1..=2 {
            server.seed(practitioner(n), id(1, n));
        }
        server.seed(appointment_type(), id(2, 1));
        for n in 1..=3 {
            server.seed(patient(n), id(3, n));
            server.seed(contact(n), id(4, n));
        }
        server
    }

    pub(crate) fn seed<E: Entity>(&mut self, entity: E, id: Uuid) {
        let row = Row { id, rev: Rev(1), attribution: Attribution::default(), fields: entity.to_fields() };
        self.rows.insert((E::TABLE.name, id), row);
        self.touch((E::TABLE.name, id));
    }

    pub(crate) fn touch(&mut self, key: (TableName, Uuid)) {
        self.head += 1;
        self.moved.insert(key, self.head);
    }

    pub(crate) fn remove(&mut self, key: (TableName, Uuid)) {
        if self.rows.remove(&key).is_some() {
            self.touch(key);
        }
    }

    /// Decides a command for good.
    pub(crate) fn push(&mut self, envelope: &Envelope) -> Answer {
        let command_id = envelope.id;
        if let Some(verdict) = self.verdicts.get(&command_id) {
            return Answer { command_id, verdict: verdict.clone(), duplicate: true };
        }
        let mut rows = self.rows.clone();
        let verdict = match run(&mut rows, envelope, Place::Server) {
            Ok((outcome, changed)) => {
                self.rows = rows;
                let conflicts = changed.iter().filter(|(t, _)| *t == TableName::Conflict);
                let conflicts = conflicts.map(|(_, id)| wattle_domain::ConflictId(*id)).collect();
                changed.iter().for_each(|key| self.touch(*key));
                match outcome {
                    Outcome::Applied => Verdict::Applied,
                    Outcome::Merged => Verdict::Merged,
                    Outcome::Conflict => Verdict::Conflict { conflicts },
                }
            }
            Err(rejection) => Verdict::Rejected { rejection },
        };
        self.verdicts.insert(command_id, verdict.clone());
        Answer { command_id, verdict, duplicate: false }
    }

    /// The frames after a cursor; the feeds whole when there is none.
    pub(crate) fn pull(&self, cursor: Option<u64>, awaiting: &[wattle_domain::CommandId]) -> Vec<Frame> {
        let mut frames = Vec::new();
        let feeds = [FeedClass::Ref, FeedClass::Front];
        for feed in feeds {
            if cursor.is_none() {
                frames.push(Frame::Whole { feed, rows: self.rows.len() as u64 });
            }
            for &table in TableName::ALL.iter().filter(|t| t.table().class == feed) {
                let moved = |key: &(TableName, Uuid)| cursor.is_none_or(|c| self.moved[key] > c);
                let rows: Vec<&Row> =
                    self.rows.iter().filter(|(k, _)| k.0 == table && moved(k)).map(|(_, row)| row).collect();
                if !rows.is_empty() {
                    frames.push(frame(table, &rows));
                }
                let gone =
                    |key: &&(TableName, Uuid)| key.0 == table && moved(key) && !self.rows.contains_key(key);
                let ids: Vec<Uuid> = self.moved.keys().filter(gone).map(|k| k.1).collect();
                if cursor.is_some() && !ids.is_empty() {
                    frames.push(Frame::Gone { feed, table: table.as_str().into(), ids });
                }
            }
            frames.push(Frame::Page { feed, to: FeedSeq(self.head) });
        }
        let answer = |id: &wattle_domain::CommandId| {
            let verdict = self.verdicts.get(id)?.clone();
            Some(Answer { command_id: *id, verdict, duplicate: false })
        };
        frames.push(Frame::Checkpoint {
            cursors: feeds.map(|feed| (feed, FeedSeq(self.head))).into(),
            answers: awaiting.iter().filter_map(answer).collect(),
            complete: true,
            digests: Vec::new(),
        });
        frames
    }
}

/// Rows as the wire has them.
pub(crate) fn frame(table: TableName, rows: &[&Row]) -> Frame {
    let mut columns: Vec<String> = table.table().columns.iter().map(|c| c.name.to_owned()).collect();
    let unknown =
        rows.iter().flat_map(|r| r.fields.keys()).filter(|name| table.table().column(name).is_none());
    columns.extend(unknown.cloned().collect::<std::collections::BTreeSet<_>>());
    let values = |row: &Row| -> Vec<Value> {
        let common = serde_json::to_value(row).unwrap();
        let common = COMMON_COLUMNS.iter().map(|name| common[name].clone());
        common.chain(columns.iter().map(|name| row.field(name).clone())).collect()
    };
    let rows = rows.iter().map(|row| values(row)).collect();
    Frame::Rows { feed: table.table().class, table: table.as_str().into(), columns, rows }
}

pub(crate) fn practitioner(n: u128) -> Practitioner {
    Practitioner {
        id: id(1, n).into(),
        user_id: None,
        title: Some("Dr".into()),
        family_name: ["Lee", "Okafor"][n as usize - 1].into(),
        given_name: None,
        profession: None,
        ahpra_number: None,
        hpii: None,
        prescriber_number: None,
        usual_duration_min: 15,
        usual_room_id: None,
        sort: n as i64,
        active: true,
    }
}

pub(crate) fn appointment_type() -> AppointmentType {
    AppointmentType {
        id: id(2, 1).into(),
        name: "Standard".into(),
        duration_min: 15,
        hue: 1,
        sort: 1,
        active: true,
    }
}

pub(crate) fn patient(n: u128) -> Patient {
    Patient {
        id: id(3, n).into(),
        record_number: Some(format!("P{n:04}")),
        title: None,
        family_name: ["Costa", "O'Brien", "Nguyen"][n as usize - 1].into(),
        given_name: Some(["Maria", "Sean", "Linh"][n as usize - 1].into()),
        preferred_name: None,
        birth_date: format!("196{n}-02-01").parse().ok(),
        birth_date_accuracy: BirthDateAccuracy::Exact,
        sex: Sex::Unknown,
        gender: None,
        pronouns: None,
        indigenous_status: None,
        interpreter_language: None,
        deceased_on: None,
        usual_practitioner_id: None,
        merged_into: None,
        field_changes: serde_json::Map::new(),
    }
}

pub(crate) fn contact(n: u128) -> PatientContact {
    PatientContact {
        id: id(4, n).into(),
        patient_id: id(3, n).into(),
        kind: ContactKind::Mobile,
        value: format!("+6141234567{n}"),
        name: None,
        note: None,
        preferred: true,
        field_changes: serde_json::Map::new(),
    }
}
