//! A workstation as the server sees it: keys, numbers, signed commands, pulls.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Response, StatusCode};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;
use wattle_domain::commands::{BookAppointment, PatientDetails, PatientParts, RegisterPatient};
use wattle_domain::fields::{BirthDateAccuracy, Sex};
use wattle_domain::time::Clock as _;
use wattle_domain::{
    AppointmentId, ClinicId, Command, CommandId, Envelope, FeedClass, FeedSeq, Group, GroupId, PatientId,
    PractitionerId, ReplicaId, UserId, UtcInstant, WIRE, WorkstationId,
};
use wattle_protocol::pull::{Frame, Pull};
use wattle_protocol::push::{Answer, Push, Pushed, Signed, Verdict};
use wattle_protocol::session::{Cursors, Enrolment, Hello, SignIn, SignedIn, Welcome};
use wattle_protocol::{ApiFault, ErrorCode, PROTOCOL, PROTOCOL_HEADER};

use super::clock::TestClock;
use super::house::{House, PASSWORD};

pub struct Desk {
    /// What it says of its outbox: how many, and how old the oldest is.
    pub outbox: (u64, Option<u64>),
    pub address: SocketAddr,
    pub http: reqwest::Client,
    pub clock: TestClock,
    pub key: Ed25519KeyPair,
    pub secret: String,
    pub signed_in: SignedIn,
    pub n: u64,
    /// The rows that pulls brought: table, id, fields by name.
    pub rows: BTreeMap<(String, Uuid), Value>,
    pub cursors: Cursors,
    pub epoch: String,
    /// As a file of protocol 2 has them.
    pub replica: Option<ReplicaId>,
    pub feeds: Option<Vec<FeedClass>>,
}

pub fn new_key() -> Ed25519KeyPair {
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap()
}

pub fn random_hex() -> String {
    let mut bytes = [0_u8; 32];
    SystemRandom::new().fill(&mut bytes).unwrap();
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub fn public(key: &Ed25519KeyPair) -> String {
    STANDARD.encode(key.public_key().as_ref())
}

pub fn sign_in_body(
    code: Option<(String, &str)>,
    username: &str,
    key: &Ed25519KeyPair,
    secret: &str,
) -> SignIn {
    SignIn {
        username: username.to_owned(),
        password: PASSWORD.to_owned(),
        second_factor: None,
        openid: None,
        workstation: None,
        workstation_secret: secret.to_owned(),
        enrolment: code.map(|(code, name)| Enrolment { code, name: name.to_owned() }),
        signing_key: public(key),
        app_version: "0.1.0".to_owned(),
    }
}

/// What a response said, as a fault.
pub async fn fault(response: Response) -> (StatusCode, ErrorCode) {
    let status = response.status();
    let header = response.headers().get("x-correlation-id").unwrap().to_str().unwrap().to_owned();
    let fault: ApiFault = response.json().await.unwrap();
    assert_eq!(fault.correlation_id, header);
    (status, fault.code)
}

pub async fn send(address: SocketAddr, path: &str, token: Option<&str>, body: &impl Serialize) -> Response {
    let mut request = reqwest::Client::new()
        .post(format!("http://{address}{path}"))
        .header(PROTOCOL_HEADER, PROTOCOL)
        .json(body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    request.send().await.unwrap()
}

impl Desk {
    pub async fn enrol(house: &House, name: &str, username: &str) -> Self {
        let (key, secret) = (new_key(), random_hex());
        let body = sign_in_body(Some((house.code().await, name)), username, &key, &secret);
        let response = send(house.address(), "/v1/sign-in", None, &body).await;
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
        let signed_in = response.json().await.unwrap();
        let mut desk = Self {
            address: house.address(),
            http: reqwest::Client::new(),
            clock: house.clock.clone(),
            key,
            secret,
            signed_in,
            n: 0,
            rows: BTreeMap::new(),
            cursors: Cursors::new(),
            epoch: String::new(),
            outbox: (0, None),
            replica: None,
            feeds: None,
        };
        desk.epoch = desk.hello().await.epoch;
        desk
    }

    /// Another user signs in at the same workstation, with a key of their own.
    pub async fn also(&self, username: &str) -> Self {
        let key = new_key();
        let mut body = sign_in_body(None, username, &key, &self.secret);
        body.workstation = Some(self.workstation());
        let response = send(self.address, "/v1/sign-in", None, &body).await;
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
        Self {
            address: self.address,
            http: self.http.clone(),
            clock: self.clock.clone(),
            key,
            secret: self.secret.clone(),
            signed_in: response.json().await.unwrap(),
            n: self.n,
            rows: BTreeMap::new(),
            cursors: Cursors::new(),
            epoch: self.epoch.clone(),
            outbox: (0, None),
            replica: self.replica,
            feeds: self.feeds.clone(),
        }
    }

    pub fn clinic(&self) -> ClinicId {
        self.signed_in.clinic
    }

    pub fn user(&self) -> UserId {
        self.signed_in.user
    }

    pub fn workstation(&self) -> WorkstationId {
        self.signed_in.workstation
    }

    pub async fn post(&self, path: &str, body: &impl Serialize) -> Response {
        self.http
            .post(format!("http://{}{path}", self.address))
            .header(PROTOCOL_HEADER, PROTOCOL)
            .bearer_auth(&self.signed_in.access_token)
            .json(body)
            .send()
            .await
            .unwrap()
    }

    pub async fn hello(&self) -> Welcome {
        let hello = Hello {
            app_version: "0.1.0".to_owned(),
            protocol: PROTOCOL,
            epoch: self.epoch.clone(),
            cursors: self.cursors.clone(),
            outbox_len: self.outbox.0,
            outbox_oldest_s: self.outbox.1,
            last_n: self.n,
            replica: self.replica,
            feeds: self.feeds.clone(),
        };
        let response = self.post("/v1/session", &hello).await;
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }

    /// The next command's envelope.
    pub fn envelope(&mut self, command: impl Into<Command>) -> Envelope {
        self.n += 1;
        Envelope {
            id: CommandId(Uuid::now_v7()),
            wire: WIRE,
            clinic: self.clinic(),
            workstation: self.workstation(),
            n: self.n,
            author: self.user(),
            issued_at: self.clock.now(),
            deps: Vec::new(),
            replica: self.replica,
            group: None,
            command: command.into(),
        }
    }

    /// The next commands' envelopes, as one group.
    pub fn group(&mut self, commands: Vec<Command>) -> Vec<Envelope> {
        let (id, of) = (GroupId(Uuid::now_v7()), u32::try_from(commands.len()).unwrap());
        let places = (1..=of).map(|at| Group { id, at, of });
        let envelopes = commands.into_iter().zip(places);
        envelopes.map(|(command, group)| Envelope { group: Some(group), ..self.envelope(command) }).collect()
    }

    pub fn sign_text(&self, payload: String) -> Signed {
        let signature = STANDARD.encode(self.key.sign(payload.as_bytes()).as_ref());
        Signed { payload, signature }
    }

    pub fn sign(&self, envelope: &Envelope) -> Signed {
        self.sign_text(serde_json::to_string(envelope).unwrap())
    }

    pub fn command(&mut self, command: impl Into<Command>) -> Signed {
        let envelope = self.envelope(command);
        self.sign(&envelope)
    }

    pub async fn push(&self, commands: Vec<Signed>) -> Vec<Answer> {
        self.pushed(commands).await.answers
    }

    pub async fn pushed(&self, commands: Vec<Signed>) -> Pushed {
        let response = self.post("/v1/push", &Push { commands }).await;
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
        response.json().await.unwrap()
    }

    /// Makes, signs and pushes one command.
    pub async fn do_it(&mut self, command: impl Into<Command>) -> Verdict {
        let signed = self.command(command);
        let mut answers = self.push(vec![signed]).await;
        assert_eq!(answers.len(), 1);
        answers.remove(0).verdict
    }

    pub async fn register(&mut self, family_name: &str) -> PatientId {
        let command = patient(family_name);
        let id = command.patient_id;
        assert_eq!(self.do_it(command).await, Verdict::Applied);
        id
    }

    pub async fn frames(&self, cursors: Cursors, awaiting: Vec<CommandId>, max_bytes: u64) -> Vec<Frame> {
        let (epoch, feeds) = (self.epoch.clone(), self.feeds.clone());
        self.frames_of(&Pull { epoch, cursors, awaiting, max_bytes, feeds, ..Pull::default() }).await
    }

    /// The frames of any pull that is answered.
    pub async fn frames_of(&self, pull: &Pull) -> Vec<Frame> {
        let response = self.post("/v1/pull", pull).await;
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
        let text = response.text().await.unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
            .collect()
    }

    /// Pulls once and applies what came, as a workstation would; returns the frames.
    pub async fn pull(&mut self) -> Vec<Frame> {
        let frames = self.frames(self.cursors.clone(), Vec::new(), u64::MAX).await;
        self.take(&frames);
        frames
    }

    pub fn take(&mut self, frames: &[Frame]) {
        for frame in frames {
            match frame {
                Frame::Whole { feed, .. } => {
                    self.rows.retain(|(table, _), _| {
                        table.parse::<wattle_domain::TableName>().unwrap().table().class != *feed
                    });
                }
                Frame::Rows { table, columns, rows, .. } => {
                    for row in rows {
                        let id: Uuid = serde_json::from_value(row[0].clone()).unwrap();
                        assert_eq!(row.len(), 9 + columns.len());
                        let mut fields: BTreeMap<&str, &Value> =
                            columns.iter().map(String::as_str).zip(&row[9..]).collect();
                        fields.insert("rev", &row[1]);
                        fields.insert("updated_by", &row[5]);
                        fields.insert("origin_workstation", &row[6]);
                        self.rows.insert((table.clone(), id), json!(fields));
                    }
                }
                Frame::Gone { table, ids, .. } => {
                    for id in ids {
                        self.rows.remove(&(table.clone(), *id));
                    }
                }
                Frame::Page { .. } => {}
                Frame::Checkpoint { cursors, .. } => self.cursors = cursors.clone(),
            }
        }
    }

    pub fn row(&self, table: &str, id: impl Into<Uuid>) -> Option<&Value> {
        self.rows.get(&(table.to_owned(), id.into()))
    }

    pub fn cursor(&self, feed: FeedClass) -> u64 {
        self.cursors.get(&feed).map_or(0, |FeedSeq(n)| *n)
    }
}

pub fn patient(family_name: &str) -> RegisterPatient {
    RegisterPatient {
        patient_id: PatientId(Uuid::now_v7()),
        details: PatientDetails {
            title: None,
            family_name: family_name.to_owned(),
            given_name: Some("Ana".to_owned()),
            preferred_name: None,
            birth_date: Some("1961-02-03".parse().unwrap()),
            birth_date_accuracy: BirthDateAccuracy::Exact,
            sex: Sex::Female,
            gender: None,
            pronouns: None,
            indigenous_status: None,
            interpreter_language: None,
            usual_practitioner_id: None,
        },
        parts: PatientParts::default(),
    }
}

/// A booking, `minute` minutes after the clock's nine o'clock.
pub struct Book {
    pub practitioner: PractitionerId,
    pub patient: PatientId,
    pub minute: i64,
}

impl Book {
    pub fn command(&self, house: &House) -> BookAppointment {
        let start_at: UtcInstant = TestClock::monday().now().plus_minutes(self.minute);
        BookAppointment {
            appointment_id: AppointmentId(Uuid::now_v7()),
            practitioner_id: self.practitioner,
            patient_id: self.patient,
            type_id: house.standard,
            room_id: None,
            start_at,
            end_at: start_at.plus_minutes(15),
            double_booking: false,
            note: None,
        }
    }
}
