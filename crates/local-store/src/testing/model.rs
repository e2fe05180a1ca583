//! The simplest thing that could be right: a server of plain maps, and a workstation that always runs everything again.

use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;
use wattle_domain::attribution::Attribution;
use wattle_domain::entities::{AppointmentType, Patient, PatientContact, Practitioner};
use wattle_domain::fields::{BirthDateAccuracy, ContactKind, Sex};
use wattle_domain::{
    Context, Entity, Envelope, FeedClass, FeedSeq, Outcome, Place, Read, Rev, Role, Row, TableName, World,
    decide,
};
use wattle_protocol::digest::{DigestAsk, Repair, Stamp, TableDigest};
use wattle_protocol::live::Delta;
use wattle_protocol::pull::{COMMON_COLUMNS, Frame, Pull};
use wattle_protocol::push::{Answer, Verdict};
use wattle_sync_rules::digest::{Buckets, Key, bucket_of};

use super::id;
use crate::effect::changed_row;

pub(crate) type Rows = BTreeMap<(TableName, Uuid), Row>;

pub(crate) const ROLES: [Role; 2] = [Role::Reception, Role::Practitioner];

/// What a command reads of some rows.
pub(crate) fn world(rows: &Rows, reads: &[Read]) -> World {
    let mut world = World::default();
    for read in reads {
        for (&(table, _), row) in rows {
            if read.selects(table, row) {
                world.insert(table, row.clone());
            }
        }
    }
    world
}

/// Runs commands in effect over some rows, from scratch: each alone, or with its group all or none. Returns the rows that
/// they changed.
pub(crate) fn run_all(rows: &mut Rows, envelopes: &[Envelope]) -> Vec<(TableName, Uuid)> {
    let groups: Vec<_> = envelopes.iter().map(|e| e.group).collect();
    let mut changed = Vec::new();
    for unit in wattle_sync_rules::push::units(&groups) {
        let mut after = rows.clone();
        let ran: Result<Vec<_>, _> =
            envelopes[unit.range].iter().map(|e| run(&mut after, e, Place::Workstation)).collect();
        if let Ok(ran) = ran {
            *rows = after;
            changed.extend(ran.into_iter().flat_map(|(_, changed)| changed));
        }
    }
    changed
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
#[derive(Clone, Default)]
pub(crate) struct Server {
    pub rows: Rows,
    pub head: u64,
    /// How often it came back from a backup.
    pub restored: u32,
    /// Its clock, which no backup turns back.
    now: i64,
    pub moved: BTreeMap<(TableName, Uuid), u64>,
    verdicts: BTreeMap<wattle_domain::CommandId, Verdict>,
}

pub(crate) const FEEDS: [FeedClass; 2] = [FeedClass::Ref, FeedClass::Front];

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

    /// The name of its history.
    pub(crate) fn epoch(&self) -> String {
        format!("epoch-{}", self.restored)
    }

    /// Everything since `backup` is lost.
    pub(crate) fn restore(&mut self, backup: &Self) {
        *self = Self { restored: self.restored + 1, now: self.now, ..backup.clone() };
    }

    /// Decides a command for good.
    pub(crate) fn push(&mut self, envelope: &Envelope) -> Answer {
        self.push_all(std::slice::from_ref(envelope)).remove(0)
    }

    /// Decides commands for good: each alone, or with its group.
    pub(crate) fn push_all(&mut self, envelopes: &[Envelope]) -> Vec<Answer> {
        let groups: Vec<_> = envelopes.iter().map(|e| e.group).collect();
        let units = wattle_sync_rules::push::units(&groups);
        units.into_iter().flat_map(|unit| self.push_unit(&envelopes[unit.range])).collect()
    }

    fn push_unit(&mut self, unit: &[Envelope]) -> Vec<Answer> {
        let of = unit[0].group.map_or(1, |group| group.of as usize);
        assert_eq!(unit.len(), of, "a group is never cut");
        if unit.iter().all(|e| self.verdicts.contains_key(&e.id)) {
            let again = |e: &Envelope| Answer {
                command_id: e.id,
                verdict: self.verdicts[&e.id].clone(),
                duplicate: true,
            };
            return unit.iter().map(again).collect();
        }
        let mut rows = self.rows.clone();
        let (mut verdicts, mut moved) = (Vec::new(), Vec::new());
        for (place, envelope) in unit.iter().enumerate() {
            match run(&mut rows, envelope, Place::Server) {
                Ok((outcome, changed)) => {
                    let conflicts =
                        changed.iter().filter(|(t, _)| wattle_domain::attention::keeps_conflicts(*t));
                    let conflicts = conflicts.map(|(_, id)| wattle_domain::ConflictId(*id)).collect();
                    moved.extend(changed);
                    verdicts.push(match outcome {
                        Outcome::Applied => Verdict::Applied,
                        Outcome::Merged => Verdict::Merged,
                        Outcome::Conflict => Verdict::Conflict { conflicts },
                    });
                }
                Err(rejection) => {
                    let no = Verdict::Rejected { rejection };
                    verdicts = wattle_sync_rules::push::refused_together(unit.len(), place, &no);
                    (rows, moved) = (self.rows.clone(), Vec::new());
                    break;
                }
            }
        }
        self.rows = rows;
        for key in moved {
            self.now += 1;
            self.rows.get_mut(&key).unwrap().attribution.updated_at = wattle_domain::UtcInstant(self.now);
            self.touch(key);
        }
        let answer = |(envelope, verdict): (&Envelope, Verdict)| {
            self.verdicts.insert(envelope.id, verdict.clone());
            Answer { command_id: envelope.id, verdict, duplicate: false }
        };
        unit.iter().zip(verdicts).map(answer).collect()
    }

    /// The answer to a request.
    pub(crate) fn answer(&self, asked: &Pull) -> Vec<Frame> {
        assert_eq!(asked.epoch, self.epoch(), "asked of this history");
        let mut frames = Vec::new();
        if !asked.reconcile {
            for feed in FEEDS {
                let cursor = asked.cursors.get(&feed).map(|seq| seq.0).filter(|seq| *seq > 0);
                frames.extend(self.feed(feed, cursor));
                frames.push(Frame::Page { feed, to: FeedSeq(self.head) });
            }
            asked.repair.iter().for_each(|repair| frames.extend(self.mend(repair)));
        }
        frames.push(self.checkpoint(&asked.awaiting, asked.digest.as_ref()));
        frames
    }

    /// What changed in a feed after a cursor, for a live stream.
    pub(crate) fn delta(&self, feed: FeedClass, from: u64) -> Delta {
        let frames = self.feed(feed, Some(from));
        Delta { epoch: self.epoch(), feed, from: FeedSeq(from), to: FeedSeq(self.head), frames }
    }

    fn mend(&self, repair: &Repair) -> Vec<Frame> {
        let table: TableName = repair.table.parse().unwrap();
        let in_bucket = |id: &Uuid| bucket_of(*id) == repair.bucket;
        assert!(repair.held.iter().all(|stamp| in_bucket(&stamp.id)), "stamps of this bucket");
        assert!(repair.held.is_sorted_by_key(|stamp| stamp.id), "in the order of ids");
        let held = |row: &Row| repair.held.contains(&stamp(row));
        let rows: Vec<&Row> = self
            .rows
            .iter()
            .filter(|(k, r)| k.0 == table && in_bucket(&k.1) && !held(r))
            .map(|(_, r)| r)
            .collect();
        let gone =
            repair.held.iter().map(|stamp| stamp.id).filter(|id| !self.rows.contains_key(&(table, *id)));
        vec![
            frame(table, &rows),
            Frame::Gone { feed: table.table().class, table: repair.table.clone(), ids: gone.collect() },
        ]
    }

    pub(crate) fn digest(&self, table: TableName, ask: &DigestAsk) -> TableDigest {
        let key = Key::read(&ask.key).unwrap();
        let mut buckets = Buckets::default();
        for (_, row) in self.rows.iter().filter(|(k, _)| k.0 == table) {
            let hash = if ask.content_of.is_some() { key.content(row) } else { key.stamp(&stamp(row)) };
            buckets.add(row.id, hash);
        }
        TableDigest {
            feed: table.table().class,
            table: table.as_str().into(),
            content_of: ask.content_of,
            buckets: ask.content_of.map_or_else(|| buckets.write(), |bucket| buckets.write_one(bucket)),
        }
    }

    fn checkpoint(&self, awaiting: &[wattle_domain::CommandId], ask: Option<&DigestAsk>) -> Frame {
        let answer = |id: &wattle_domain::CommandId| {
            let verdict = self.verdicts.get(id)?.clone();
            Some(Answer { command_id: *id, verdict, duplicate: false })
        };
        let tables = TableName::ALL.iter().filter(|t| FEEDS.contains(&t.table().class));
        let asked = |ask: &DigestAsk, t: &TableName| {
            ask.tables.is_empty() || ask.tables.iter().any(|n| n == t.as_str())
        };
        Frame::Checkpoint {
            cursors: FEEDS.map(|feed| (feed, FeedSeq(self.head))).into(),
            answers: awaiting.iter().filter_map(answer).collect(),
            complete: true,
            digests: ask.map_or_else(Vec::new, |ask| {
                tables.filter(|t| asked(ask, t)).map(|t| self.digest(*t, ask)).collect()
            }),
        }
    }

    /// The frames after a cursor; the feeds whole when there is none.
    pub(crate) fn pull(&self, cursor: Option<u64>, awaiting: &[wattle_domain::CommandId]) -> Vec<Frame> {
        let mut frames: Vec<Frame> = FEEDS.into_iter().flat_map(|feed| self.feed(feed, cursor)).collect();
        frames.push(self.checkpoint(awaiting, None));
        frames
    }

    fn feed(&self, feed: FeedClass, cursor: Option<u64>) -> Vec<Frame> {
        let mut frames = Vec::new();
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
        frames
    }
}

/// What says which write of a row this is.
pub(crate) fn stamp(row: &Row) -> Stamp {
    Stamp { id: row.id, rev: row.rev, updated_at: row.attribution.updated_at }
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
