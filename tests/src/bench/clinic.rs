//! A made-up clinic of any size as pull frames, the same for the same numbers: what a server would send to a new desk.

use serde_json::{Map, Value, json};
use uuid::Uuid;
use wattle_domain::entities::{
    Address, Appointment, AppointmentType, Clinic, Patient, PatientContact, Practitioner, SessionTemplate,
};
use wattle_domain::fields::{
    AddressKind, AppointmentStatus, BirthDateAccuracy, ContactKind, SessionKind, Sex,
};
use wattle_domain::{
    AddressId, AppointmentId, AppointmentTypeId, ClinicDate, ClinicId, ClinicZone, ContactId, Entity,
    FeedClass, FeedSeq, PatientId, PractitionerId, SessionTemplateId,
};
use wattle_protocol::pull::Frame;

/// How big.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Patients, each with a mobile and an address.
    pub patients: u32,
    /// Practitioners.
    pub practitioners: u32,
    /// Appointments, 15 minutes each, 30 a day per practitioner, half of them before [`Size::today`].
    pub appointments: u32,
}

/// The day the book is centred on.
#[must_use]
pub fn today() -> ClinicDate {
    ClinicDate(chrono::NaiveDate::from_ymd_opt(2026, 11, 23).unwrap_or_default())
}

/// The clinic's id.
#[must_use]
pub fn clinic_id() -> ClinicId {
    ClinicId(id(0, 0))
}

const FAMILY: [&str; 48] = [
    "Smith",
    "Nguyen",
    "Jones",
    "Williams",
    "Brown",
    "Wilson",
    "Taylor",
    "Singh",
    "Johnson",
    "White",
    "Martin",
    "Anderson",
    "Thompson",
    "Tran",
    "Walker",
    "Harris",
    "Lee",
    "Ryan",
    "Robinson",
    "Kelly",
    "King",
    "Patel",
    "Campbell",
    "Wang",
    "Zhang",
    "O'Brien",
    "Costa",
    "Haddad",
    "Papadopoulos",
    "Rossi",
    "Kowalski",
    "Fernando",
    "McDonald",
    "Murphy",
    "Young",
    "Scott",
    "Chen",
    "Mitchell",
    "Roberts",
    "Edwards",
    "Khan",
    "Kaur",
    "Russo",
    "Schmidt",
    "Abbott",
    "Yilmaz",
    "Le",
    "Pham",
];
const ENDINGS: [&str; 16] = [
    "", "", "", "", "son", "field", "wood", "ton", "ley", "ham", "worth", "berg", "ov", "ides", "well", "man",
];
const GIVEN: [&str; 48] = [
    "Oliver",
    "Charlotte",
    "Noah",
    "Amelia",
    "Jack",
    "Isla",
    "William",
    "Olivia",
    "Leo",
    "Mia",
    "Lucas",
    "Ava",
    "Thomas",
    "Grace",
    "Henry",
    "Chloe",
    "Maria",
    "Wei",
    "Linh",
    "Priya",
    "Arjun",
    "Fatima",
    "Yusuf",
    "Giulia",
    "Dimitri",
    "Sofia",
    "Mei",
    "Hannah",
    "Ethan",
    "Zoe",
    "Samuel",
    "Ruby",
    "Isaac",
    "Evie",
    "Patrick",
    "Siobhan",
    "Angus",
    "Kirra",
    "Jarrah",
    "Tane",
    "Aroha",
    "Ngoc",
    "Minh",
    "Ahmed",
    "Layla",
    "Elena",
    "Marco",
    "Ines",
];
const SUBURBS: [(&str, &str); 12] = [
    ("Marrickville", "2204"),
    ("Newtown", "2042"),
    ("Ashfield", "2131"),
    ("Parramatta", "2150"),
    ("Hurstville", "2220"),
    ("Cabramatta", "2166"),
    ("Manly", "2095"),
    ("Lakemba", "2195"),
    ("Bankstown", "2200"),
    ("Glebe", "2037"),
    ("Dee Why", "2099"),
    ("Penrith", "2750"),
];

/// Rows a `Rows` frame holds.
const BATCH: u32 = 500;

/// The id of the n-th row of a kind: in time order, as v7 ids are.
#[must_use]
pub fn id(kind: u8, n: u32) -> Uuid {
    let time = u128::from(n) << 80;
    Uuid::from_u128(time | (0x7 << 76) | (0x2 << 62) | (u128::from(kind) << 32) | u128::from(n))
}

/// A scattering of `n` that is the same every time (splitmix64).
#[must_use]
pub fn scatter(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn pick<T: Copy>(of: &[T], by: u64) -> Option<T> {
    of.get(usize::try_from(by % u64::try_from(of.len()).ok()?).ok()?).copied()
}

/// The family name of the n-th patient.
#[must_use]
pub fn family_name(n: u32) -> String {
    let seed = scatter(u64::from(n));
    // Squared, so that the first names of the list are common and the last rare, as in life.
    let spread = (seed % 1000) * (seed / 1000 % 1000) / 1000;
    let name = pick(&FAMILY, spread * 48 / 1000).unwrap_or("Smith");
    format!("{name}{}", pick(&ENDINGS, seed >> 32).unwrap_or_default())
}

/// The given name of the n-th patient.
#[must_use]
pub fn given_name(n: u32) -> &'static str {
    pick(&GIVEN, scatter(u64::from(n) + (1 << 33))).unwrap_or("Mia")
}

/// The mobile of the n-th patient, E.164.
#[must_use]
pub fn mobile(n: u32) -> String {
    format!("+614{:08}", scatter(u64::from(n) + (1 << 34)) % 100_000_000)
}

/// Frames of a whole clinic: `ref` and `front`, ending with a checkpoint.
pub fn frames(size: Size) -> impl Iterator<Item = Frame> {
    let rows = u64::from(size.patients) * 3 + u64::from(size.appointments);
    let whole = |feed, rows| Frame::Whole { feed, rows };
    let page = |feed| Frame::Page { feed, to: FeedSeq(1) };
    let cursors = [(FeedClass::Ref, FeedSeq(1)), (FeedClass::Front, FeedSeq(1))].into_iter().collect();
    let staff: Vec<Frame> = vec![
        whole(FeedClass::Ref, u64::from(size.practitioners) * 2 + 5),
        rows_of::<Clinic>(0, 1, |_| (id(0, 0), clinic_row())),
        rows_of::<Practitioner>(0, size.practitioners, |n| (id(1, n), practitioner(n))),
        rows_of::<AppointmentType>(0, 4, |n| (id(2, n), appointment_type(n))),
        rows_of::<SessionTemplate>(0, size.practitioners, |n| (id(3, n), session(n))),
        page(FeedClass::Ref),
        whole(FeedClass::Front, rows),
    ];
    staff
        .into_iter()
        .chain(
            batches(size.patients).map(|(from, to)| rows_of::<Patient>(from, to, |n| (id(4, n), patient(n)))),
        )
        .chain(
            batches(size.patients)
                .map(|(from, to)| rows_of::<PatientContact>(from, to, |n| (id(5, n), contact(n)))),
        )
        .chain(
            batches(size.patients).map(|(from, to)| rows_of::<Address>(from, to, |n| (id(6, n), address(n)))),
        )
        .chain(
            batches(size.appointments).map(move |(from, to)| {
                rows_of::<Appointment>(from, to, |n| (id(7, n), appointment(size, n)))
            }),
        )
        .chain([
            page(FeedClass::Front),
            Frame::Checkpoint { cursors, answers: Vec::new(), complete: true, digests: Vec::new() },
        ])
}

/// The rows that [`frames`] holds.
#[must_use]
pub fn row_count(size: Size) -> u64 {
    u64::from(size.patients) * 3 + u64::from(size.appointments) + u64::from(size.practitioners) * 2 + 5
}

/// One row as a frame sends it, for an incoming change.
#[must_use]
pub fn row_frame<E: Entity>(id: Uuid, rev: i64, entity: &E) -> Frame {
    let columns: Vec<String> = E::TABLE.columns.iter().map(|c| c.name.to_owned()).collect();
    Frame::Rows {
        feed: E::TABLE.class,
        table: E::TABLE.sql.to_owned(),
        rows: vec![values(id, rev, entity)],
        columns,
    }
}

fn batches(n: u32) -> impl Iterator<Item = (u32, u32)> {
    (0..n.div_ceil(BATCH)).map(move |batch| (batch * BATCH, ((batch + 1) * BATCH).min(n)))
}

pub(super) fn rows_of<E: Entity>(from: u32, to: u32, row: impl Fn(u32) -> (Uuid, E)) -> Frame {
    Frame::Rows {
        feed: E::TABLE.class,
        table: E::TABLE.sql.to_owned(),
        columns: E::TABLE.columns.iter().map(|c| c.name.to_owned()).collect(),
        rows: (from..to).map(row).map(|(id, entity)| values(id, 1, &entity)).collect(),
    }
}

fn values<E: Entity>(id: Uuid, rev: i64, entity: &E) -> Vec<Value> {
    let at = json!(1_700_000_000_000_i64);
    let mut fields = entity.to_fields();
    let mut all = vec![
        json!(id),
        json!(rev),
        at.clone(),
        Value::Null,
        at,
        Value::Null,
        Value::Null,
        Value::Null,
        Value::Null,
    ];
    all.extend(E::TABLE.columns.iter().map(|c| fields.remove(c.name).unwrap_or(Value::Null)));
    all
}

fn clinic_row() -> Clinic {
    Clinic {
        id: clinic_id(),
        name: "Acacia Street".into(),
        abn: None,
        time_zone: "Australia/Sydney".into(),
        state: Some("NSW".into()),
    }
}

fn practitioner(n: u32) -> Practitioner {
    Practitioner {
        id: PractitionerId(id(1, n)),
        user_id: None,
        title: Some("Dr".into()),
        family_name: family_name(n),
        given_name: Some(given_name(n).into()),
        profession: Some("General practitioner".into()),
        ahpra_number: None,
        hpii: None,
        prescriber_number: None,
        usual_duration_min: 15,
        usual_room_id: None,
        sort: i64::from(n),
        active: true,
    }
}

fn appointment_type(n: u32) -> AppointmentType {
    AppointmentType {
        id: AppointmentTypeId(id(2, n)),
        name: pick(&["Standard", "Long", "Short", "Procedure"], n.into()).unwrap_or("Standard").into(),
        duration_min: 15,
        hue: i64::from(n) + 1,
        sort: i64::from(n),
        active: true,
    }
}

fn session(n: u32) -> SessionTemplate {
    SessionTemplate {
        id: SessionTemplateId(id(3, n)),
        practitioner_id: PractitionerId(id(1, n)),
        kind: SessionKind::Session,
        weekday: None,
        from_date: None,
        to_date: None,
        starts_min: 9 * 60,
        ends_min: 17 * 60,
    }
}

fn patient(n: u32) -> Patient {
    let seed = scatter(u64::from(n) + (1 << 35));
    let days = i64::try_from(seed % 32_000).unwrap_or(0);
    Patient {
        id: PatientId(id(4, n)),
        record_number: Some(format!("{}", 10_000 + n)),
        title: None,
        family_name: family_name(n),
        given_name: Some(given_name(n).into()),
        preferred_name: None,
        birth_date: Some(today().plus_days(-days)),
        birth_date_accuracy: BirthDateAccuracy::Exact,
        sex: if seed & 1 == 0 { Sex::Female } else { Sex::Male },
        gender: None,
        pronouns: None,
        indigenous_status: Some("4".into()),
        interpreter_language: None,
        deceased_on: None,
        usual_practitioner_id: None,
        merged_into: None,
        field_changes: Map::new(),
    }
}

fn contact(n: u32) -> PatientContact {
    PatientContact {
        id: ContactId(id(5, n)),
        patient_id: PatientId(id(4, n)),
        kind: ContactKind::Mobile,
        value: mobile(n),
        name: None,
        note: None,
        preferred: true,
        field_changes: Map::new(),
    }
}

fn address(n: u32) -> Address {
    let seed = scatter(u64::from(n) + (1 << 36));
    let (suburb, postcode) = pick(&SUBURBS, seed).unwrap_or(("Glebe", "2037"));
    Address {
        id: AddressId(id(6, n)),
        patient_id: PatientId(id(4, n)),
        kind: AddressKind::Home,
        line1: format!("{} {} Street", seed % 300 + 1, pick(&FAMILY, seed >> 8).unwrap_or("Acacia")),
        line2: None,
        suburb: Some(suburb.into()),
        state: Some("NSW".into()),
        postcode: Some(postcode.into()),
        field_changes: Map::new(),
    }
}

/// The n-th appointment.
#[must_use]
pub fn appointment(size: Size, n: u32) -> Appointment {
    const A_DAY: u32 = 30;
    let practitioners = size.practitioners.max(1);
    let (practitioner, nth) = (n % practitioners, n / practitioners);
    let days = size.appointments.div_ceil(practitioners * A_DAY);
    let day = today().plus_days(i64::from(nth / A_DAY) - i64::from(days / 2));
    let start_at = ClinicZone::default().at_minute(day, 9 * 60 + (nth % A_DAY) * 15);
    Appointment {
        id: AppointmentId(id(7, n)),
        practitioner_id: PractitionerId(id(1, practitioner)),
        patient_id: PatientId(id(
            4,
            u32::try_from(scatter(n.into()) % u64::from(size.patients.max(1))).unwrap_or(0),
        )),
        type_id: AppointmentTypeId(id(2, n % 4)),
        room_id: None,
        start_at,
        end_at: start_at.plus_minutes(15),
        status: if day < today() { AppointmentStatus::Done } else { AppointmentStatus::Booked },
        double_booking: false,
        note: None,
        arrived_at: None,
        started_at: None,
        finished_at: None,
        cancelled_reason: None,
    }
}
