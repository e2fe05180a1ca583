//! The cast: reception-1 with Maria, a small clinic, and frames as the server sends them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Map, Value};
use uuid::Uuid;
use wattle_domain::attribution::Attribution;
use wattle_domain::commands::BookAppointment;
use wattle_domain::entities::{
    Address, Alert, Appointment, AppointmentType, Clinic, Location, Patient, PatientContact,
    PatientIdentifier, Practitioner, UserName,
};
use wattle_domain::fields::{
    AddressKind, AlertPlace, AlertSeverity, AppointmentStatus, BirthDateAccuracy, ContactKind,
    IdentifierKind, LocationKind, Sex,
};
use wattle_domain::time::Clock;
use wattle_domain::{
    ClinicId, Command, CommandId, Entity, FeedClass, FeedSeq, Rev, Role, Row, UserId, UtcInstant,
    WorkstationId,
};
use wattle_local_store::{Author, DataKey, Identity, PullDone, SigningKey, Store};
use wattle_protocol::pull::{COMMON_COLUMNS, Frame};
use wattle_protocol::push::{Answer, Verdict};

pub struct HandClock(pub AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> UtcInstant {
        UtcInstant(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Monday 23 November 2026, 9 am in Sydney.
pub const NINE: UtcInstant = UtcInstant(1_795_384_800_000);
pub const CLINIC: ClinicId = ClinicId(Uuid::from_u128(0xc));
pub const RECEPTION_1: WorkstationId = WorkstationId(Uuid::from_u128(0xa1));
pub const MARIA: UserId = UserId(Uuid::from_u128(0xb1));
pub const LEE: UserId = UserId(Uuid::from_u128(0xb2));

pub fn id(kind: u128, n: u128) -> Uuid {
    Uuid::from_u128((kind << 64) | n)
}

pub fn key() -> DataKey {
    DataKey::from_bytes([7; 32])
}

pub fn identity() -> Identity {
    Identity { clinic: CLINIC, workstation: RECEPTION_1, profile: "ref-front".into() }
}

pub fn open(folder: &Path) -> Store {
    open_as(folder, identity())
}

pub fn open_as(folder: &Path, identity: Identity) -> Store {
    let clock = Arc::new(HandClock(AtomicI64::new(NINE.0)));
    Store::open(&folder.join("clinic.db"), &key(), identity, clock).unwrap()
}

pub fn maria() -> Author {
    let (signing_key, _) = SigningKey::generate().unwrap();
    Author { user: MARIA, roles: vec![Role::Reception, Role::Practitioner], signing_key }
}

/// Rows of one kind as a frame. All of revision 1.
pub fn frame<E: Entity>(entities: &[E]) -> Frame {
    let columns: Vec<String> = E::TABLE.columns.iter().map(|c| c.name.to_owned()).collect();
    let rows = entities
        .iter()
        .map(|entity| {
            let id = serde_json::to_value(entity).unwrap()["id"].as_str().unwrap().parse().unwrap();
            let row =
                Row { id, rev: Rev(1), attribution: Attribution::default(), fields: entity.to_fields() };
            values(&row, &columns)
        })
        .collect();
    Frame::Rows { feed: E::TABLE.class, table: E::TABLE.sql.into(), columns, rows }
}

/// A row as the wire has it.
pub fn values(row: &Row, columns: &[String]) -> Vec<Value> {
    let common = serde_json::to_value(row).unwrap();
    let common = COMMON_COLUMNS.iter().map(|name| common[name].clone());
    common.chain(columns.iter().map(|name| row.field(name).clone())).collect()
}

pub fn checkpoint(seq: u64, answers: Vec<Answer>) -> Frame {
    let cursors = [(FeedClass::Ref, FeedSeq(seq)), (FeedClass::Front, FeedSeq(seq))].into();
    Frame::Checkpoint { cursors, answers, complete: true, digests: Vec::new() }
}

pub fn pull(store: &Store, frames: impl IntoIterator<Item = Frame>) -> PullDone {
    let mut pull = store.begin_pull().unwrap();
    for frame in frames {
        pull.frame(frame).unwrap();
    }
    pull.finish().unwrap()
}

pub fn applied(command_id: CommandId) -> Answer {
    Answer { command_id, verdict: Verdict::Applied, duplicate: false }
}

/// Both feeds of a clinic, whole: Dr Lee and Dr Okafor, two rooms, one type, these patients.
pub fn clinic_frames(patients: &[Patient]) -> Vec<Frame> {
    vec![
        Frame::Whole { feed: FeedClass::Ref, rows: 8 },
        frame(&[Clinic {
            id: CLINIC,
            name: "Banksia Street".into(),
            abn: None,
            time_zone: "Australia/Sydney".into(),
            state: Some("NSW".into()),
        }]),
        frame(&[room(1), room(2)]),
        frame(&[
            UserName { id: MARIA, display_name: "Maria Costa".into(), active: true },
            UserName { id: LEE, display_name: "Ann Lee".into(), active: true },
        ]),
        frame(&[practitioner(1, "Lee"), practitioner(2, "Okafor")]),
        frame(&[AppointmentType {
            id: id(2, 1).into(),
            name: "Standard".into(),
            duration_min: 15,
            hue: 1,
            sort: 1,
            active: true,
        }]),
        Frame::Page { feed: FeedClass::Ref, to: FeedSeq(1) },
        Frame::Whole { feed: FeedClass::Front, rows: patients.len() as u64 },
        frame(patients),
    ]
}

/// A desk that has the clinic.
pub fn desk(folder: &Path, patients: &[Patient]) -> Store {
    let store = open(folder);
    let mut frames = clinic_frames(patients);
    frames.push(checkpoint(1, vec![]));
    pull(&store, frames);
    store
}

pub fn room(n: u128) -> Location {
    Location { id: id(6, n).into(), name: format!("Room {n}"), kind: LocationKind::Room, parent_id: None }
}

pub fn practitioner(n: u128, family: &str) -> Practitioner {
    Practitioner {
        id: id(1, n).into(),
        user_id: (n == 1).then_some(LEE),
        title: Some("Dr".into()),
        family_name: family.into(),
        given_name: None,
        profession: None,
        ahpra_number: None,
        hpii: None,
        prescriber_number: None,
        usual_duration_min: 15,
        usual_room_id: Some(id(6, n).into()),
        sort: n as i64,
        active: true,
    }
}

pub fn patient(n: u128, given: &str, family: &str, born: &str) -> Patient {
    Patient {
        id: id(3, n).into(),
        record_number: Some(format!("P{n:05}")),
        title: None,
        family_name: family.into(),
        given_name: (!given.is_empty()).then(|| given.to_owned()),
        preferred_name: None,
        birth_date: born.parse().ok(),
        birth_date_accuracy: BirthDateAccuracy::Exact,
        sex: Sex::Unknown,
        gender: None,
        pronouns: None,
        indigenous_status: None,
        interpreter_language: None,
        deceased_on: None,
        usual_practitioner_id: None,
        merged_into: None,
        field_changes: Map::new(),
    }
}

pub fn phone(n: u128, patient: u128, value: &str) -> PatientContact {
    PatientContact {
        id: id(4, n).into(),
        patient_id: id(3, patient).into(),
        kind: ContactKind::Mobile,
        value: value.into(),
        name: None,
        note: None,
        preferred: true,
        field_changes: Map::new(),
    }
}

pub fn identifier(n: u128, patient: u128, kind: IdentifierKind, value: &str) -> PatientIdentifier {
    PatientIdentifier {
        id: id(7, n).into(),
        patient_id: id(3, patient).into(),
        kind,
        value: value.into(),
        reference: None,
        expires_on: None,
        check_failed: false,
        field_changes: Map::new(),
    }
}

pub fn address(n: u128, patient: u128, line1: &str, suburb: &str) -> Address {
    Address {
        id: id(8, n).into(),
        patient_id: id(3, patient).into(),
        kind: AddressKind::Home,
        line1: line1.into(),
        line2: None,
        suburb: Some(suburb.into()),
        state: None,
        postcode: None,
        field_changes: Map::new(),
    }
}

pub fn alert(n: u128, patient: u128, expires_on: Option<&str>) -> Alert {
    Alert {
        id: id(10, n).into(),
        patient_id: id(3, patient).into(),
        severity: AlertSeverity::Warning,
        text: "Latex".into(),
        place: AlertPlace::Opening,
        expires_on: expires_on.map(|d| d.parse().unwrap()),
    }
}

pub fn appointment(n: u128, patient: u128, practitioner: u128, minutes_after_nine: i64) -> Appointment {
    let start_at = NINE.plus_minutes(minutes_after_nine);
    Appointment {
        id: id(5, n).into(),
        practitioner_id: id(1, practitioner).into(),
        patient_id: id(3, patient).into(),
        type_id: id(2, 1).into(),
        room_id: Some(id(6, 1).into()),
        start_at,
        end_at: start_at.plus_minutes(15),
        status: AppointmentStatus::Booked,
        double_booking: false,
        note: None,
        arrived_at: None,
        started_at: None,
        finished_at: None,
        cancelled_reason: None,
    }
}

pub fn book(n: u128, patient: u128, minutes_after_nine: i64) -> Command {
    let a = appointment(n, patient, 1, minutes_after_nine);
    BookAppointment {
        appointment_id: a.id,
        practitioner_id: a.practitioner_id,
        patient_id: a.patient_id,
        type_id: a.type_id,
        room_id: a.room_id,
        start_at: a.start_at,
        end_at: a.end_at,
        double_booking: false,
        note: None,
    }
    .into()
}

/// A look at the file past the store, with its key.
pub fn look(folder: &Path) -> rusqlite::Connection {
    look_with(folder, "07")
}

/// As [`look`], with a key of this byte.
pub fn look_with(folder: &Path, byte: &str) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(folder.join("clinic.db")).unwrap();
    connection.execute_batch(&format!("PRAGMA key = \"x'{}'\"", byte.repeat(32))).unwrap();
    connection
}
