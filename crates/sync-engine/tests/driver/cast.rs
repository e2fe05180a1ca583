//! A small clinic as the server sends it, and Maria's desk.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tempfile::TempDir;
use tokio::net::TcpListener;
use uuid::Uuid;
use wattle_domain::attribution::Attribution;
use wattle_domain::commands::BookAppointment;
use wattle_domain::entities::{AppointmentType, Clinic, Location, Patient, Practitioner};
use wattle_domain::fields::{BirthDateAccuracy, LocationKind, Sex};
use wattle_domain::{
    ClinicId, Command, Entity, FeedClass, FeedSeq, Rev, Role, Row, UserId, UtcInstant, WorkstationId,
};
use wattle_local_store::{Author, DataKey, Identity, SigningKey, Store, SystemClock};
use wattle_protocol::ErrorCode;
use wattle_protocol::pull::{COMMON_COLUMNS, Frame};
use wattle_protocol::session::{SignedIn, Welcome};
use wattle_sync_engine::{Config, Driver, Tokens, Transport};

use crate::server::Server;

const NINE: UtcInstant = UtcInstant(1_795_384_800_000);

pub fn id(kind: u128, n: u128) -> Uuid {
    Uuid::from_u128((kind << 64) | n)
}

fn frame<E: Entity>(rev: i64, entity: &E) -> Frame {
    let columns: Vec<String> = E::TABLE.columns.iter().map(|c| c.name.to_owned()).collect();
    let id = serde_json::to_value(entity).unwrap()["id"].as_str().unwrap().parse().unwrap();
    let row = Row { id, rev: Rev(rev), attribution: Attribution::default(), fields: entity.to_fields() };
    let common = serde_json::to_value(&row).unwrap();
    let common = COMMON_COLUMNS.iter().map(|name| common[name].clone());
    let values: Vec<Value> = common.chain(columns.iter().map(|name| row.field(name).clone())).collect();
    Frame::Rows { feed: E::TABLE.class, table: E::TABLE.sql.into(), columns, rows: vec![values] }
}

/// The rows of both feeds.
pub fn clinic() -> BTreeMap<FeedClass, Vec<Frame>> {
    let clinic = Clinic {
        id: ClinicId(Uuid::from_u128(0xc)),
        name: "Banksia Street".into(),
        abn: None,
        time_zone: "Australia/Sydney".into(),
        state: Some("NSW".into()),
    };
    let room =
        Location { id: id(6, 1).into(), name: "Room 1".into(), kind: LocationKind::Room, parent_id: None };
    let practitioner = Practitioner {
        id: id(1, 1).into(),
        user_id: None,
        title: Some("Dr".into()),
        family_name: "Lee".into(),
        given_name: None,
        profession: None,
        ahpra_number: None,
        hpii: None,
        prescriber_number: None,
        usual_duration_min: 15,
        usual_room_id: Some(id(6, 1).into()),
        sort: 1,
        active: true,
    };
    let kind = AppointmentType {
        id: id(2, 1).into(),
        name: "Standard".into(),
        duration_min: 15,
        hue: 1,
        sort: 1,
        active: true,
    };
    let reference = vec![frame(1, &clinic), frame(1, &room), frame(1, &practitioner), frame(1, &kind)];
    [(FeedClass::Ref, reference), (FeedClass::Front, vec![patient(1, 1)])].into()
}

/// A patient's row.
pub fn patient(n: u128, rev: i64) -> Frame {
    let patient = Patient {
        id: id(3, n).into(),
        record_number: Some(format!("P{n:05}")),
        title: None,
        family_name: format!("FAMILY{rev}"),
        given_name: Some("Given".into()),
        preferred_name: None,
        birth_date: "1960-01-02".parse().ok(),
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
    };
    frame(rev, &patient)
}

fn book(n: u128) -> Command {
    let start_at = NINE.plus_minutes(i64::try_from(n).unwrap() * 15);
    BookAppointment {
        appointment_id: id(5, n).into(),
        practitioner_id: id(1, 1).into(),
        patient_id: id(3, 1).into(),
        type_id: id(2, 1).into(),
        room_id: Some(id(6, 1).into()),
        start_at,
        end_at: start_at.plus_minutes(15),
        double_booking: false,
        note: None,
    }
    .into()
}

struct Maria;

impl Tokens for Maria {
    fn access(&self) -> Option<String> {
        Some("token".into())
    }
    fn refresh(&self) -> Option<String> {
        None
    }
    fn renewed(&self, _: &SignedIn) {}
    fn refused(&self, _: ErrorCode) {}
    fn welcomed(&self, _: &Welcome) {}
}

/// A desk whose engine is not running yet.
pub struct Desk {
    pub store: Store,
    author: Author,
    booked: u128,
    _folder: TempDir,
}

impl Desk {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let store = open(folder.path());
        let (signing_key, _) = SigningKey::generate().unwrap();
        let author =
            Author { user: UserId(Uuid::from_u128(0xb1)), roles: vec![Role::Reception], signing_key };
        Self { store, author, booked: 0, _folder: folder }
    }

    /// The engine, speaking to whoever listens there.
    pub fn start(&self, url: &str) -> Driver {
        let mut config = Config::new("1.0.0", 7);
        // Waits of a second instead of half a minute: the tests wait for what follows them.
        config.backoff_base_ms = 50;
        config.backoff_cap_ms = 500;
        let transport = Transport::new(url).unwrap();
        let handle = tokio::runtime::Handle::current();
        Driver::start(self.store.clone(), transport, Arc::new(Maria), Arc::new(SystemClock), config, &handle)
    }

    /// A desk in step with a server that listens.
    pub async fn online(server: &Server) -> (Self, Driver) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        server.serve(listener).await;
        let desk = Self::new();
        let driver = desk.start(&url);
        desk.until("in step", |desk| desk.cursor(FeedClass::Front) >= 1 && server.listeners() > 0).await;
        (desk, driver)
    }

    pub fn submit(&mut self) {
        self.booked += 1;
        self.store.submit(&self.author, book(self.booked)).unwrap();
    }

    /// So many at once: no push can take only the first of them.
    pub fn submit_together(&mut self, count: u128) {
        let commands = (1..=count).map(|n| book(self.booked + n)).collect();
        self.booked += count;
        self.store.submit_group(&self.author, commands).unwrap();
    }

    pub fn cursor(&self, feed: FeedClass) -> u64 {
        self.store.sync_facts().unwrap().cursors.get(&feed).copied().unwrap_or(FeedSeq(0)).0
    }

    /// Waits until the file is so.
    pub async fn until(&self, what: &str, is: impl Fn(&Self) -> bool) {
        let wait = async {
            while !is(self) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait).await.unwrap_or_else(|_| panic!("never: {what}"));
    }
}

fn open(folder: &Path) -> Store {
    let identity = Identity {
        clinic: ClinicId(Uuid::from_u128(0xc)),
        workstation: WorkstationId(Uuid::from_u128(0xa1)),
        profile: "ref-front".into(),
    };
    let key = DataKey::from_bytes([7; 32]);
    Store::open(&folder.join("clinic.db"), &key, identity, Arc::new(SystemClock)).unwrap()
}
