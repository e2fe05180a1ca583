//! A word of its own in every class of secret, through a scripted stretch of a clinic's day with a change of roles; then
//! everything that was written or said is searched for it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wattle_domain::commands::{CancelAppointment, NewAddress};
use wattle_domain::fields::{AddressKind, IdentifierKind};
use wattle_domain::ids::AddressId;
use wattle_domain::time::Clock as _;
use wattle_domain::{Rev, Role, TableName};
use wattle_protocol::admin::Act;
use wattle_protocol::escrow::Escrow;
use wattle_protocol::pull::Pull;
use wattle_protocol::push::Verdict;
use wattle_server::clock::SystemClock;

use super::columns::{dump, wordy};
use crate::support::desk::{new_key, random_hex, send, sign_in_body};
use crate::support::{Book, Desk, Ear, House, postgres};

/// Words that are nowhere else.
const NAME: &str = "Zqcanaryname";
const PHONE: &str = "0491570159";
/// As it is kept: without the first digit, after the country.
const PHONE_DIGITS: &str = "491570159";
const STREET: &str = "Zqcanarystreet";
const NOTE: &str = "zqcanarynote";
const IDENTIFIER: &str = "ZQ40719358";
const PASSWORD: &str = "zqcanary-password-of-ada";
const WRONG: &str = "zqcanary-wrong-password";
const SERVER_KEY: &str = "a7c3e1f05b9d2846a7c3e1f05b9d2846a7c3e1f05b9d2846a7c3e1f05b9d2846";
const FILE_KEY: [u8; 32] = *b"zqcanary-key-of-a-workstation's.";

struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What of a text is a canary, in whatever case.
fn found<'a>(text: &[u8], canaries: &[&'a str]) -> Vec<&'a str> {
    let low = text.to_ascii_lowercase();
    let has = |word: &str| memchr::memmem::find(&low, word.to_ascii_lowercase().as_bytes()).is_some();
    canaries.iter().copied().filter(|word| has(word)).collect()
}

/// Every file below a folder that can be read.
fn files(folder: &Path, each: &mut impl FnMut(&Path, &[u8])) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&path, each),
            Ok(kind) if kind.is_file() => {
                if let Ok(bytes) = std::fs::read(&path) {
                    each(&path, &bytes);
                }
            }
            _ => {}
        }
    }
}

async fn signs_in(
    house: &House,
    address: std::net::SocketAddr,
    name: &str,
    user: &str,
    password: &str,
) -> Desk {
    let (key, secret) = (new_key(), random_hex());
    let now = SystemClock.now().to_chrono().unwrap();
    let code = wattle_server::admin::enrolment_code(&house.owner, house.clinic, now).await.unwrap();
    let mut body = sign_in_body(Some((code, name)), user, &key, &secret);
    body.password = password.to_owned();
    let mut desk = house.desk(&format!("{name}-before"), "maria").await;
    let response = send(address, "/v1/sign-in", None, &body).await;
    assert_eq!(response.status(), 200);
    desk.signed_in = response.json().await.unwrap();
    (desk.address, desk.key, desk.secret, desk.n) = (address, key, secret, 0);
    desk.epoch = desk.hello().await.epoch;
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn no_canary_is_where_it_may_not_be() {
    let house = House::new().await;
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut serve = Command::new(env!("CARGO_BIN_EXE_wattle-server"));
    serve
        .args(["serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"])
        .env("DATABASE_URL", postgres::app_url(&house.database))
        .env("WATTLE_SERVER_KEY", SERVER_KEY)
        .env("RUST_LOG", "debug,wattle_server=trace,sqlx=trace,hyper=trace,tower_http=trace")
        .env_remove("WATTLE_DATA_DIR")
        .stdout(Stdio::piped())
        .stderr(log.reopen().unwrap());
    let mut serving = Serving(serve.spawn().unwrap());
    let first = BufReader::new(serving.0.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let first: Value = serde_json::from_str(&first).unwrap();
    let at = |name: &str| first[name].as_str().unwrap().parse::<std::net::SocketAddr>().unwrap();
    let address = at("listening");
    // What is said to those who ask for what is wrong, and where each request went.
    let mut refusals = String::new();

    house.person("boss", Role::Admin).await;
    let boss = signs_in(&house, address, "office", "boss", crate::support::house::PASSWORD).await;
    let add = Act::AddPerson {
        username: "ada".into(),
        display_name: "Ada".into(),
        password: PASSWORD.into(),
        roles: vec![Role::Reception],
    };
    assert_eq!(boss.post("/v1/admin", &add).await.status(), 200);
    let mut ada = signs_in(&house, address, "reception-1", "ada", PASSWORD).await;
    let mut body = sign_in_body(None, "ada", &ada.key, &ada.secret);
    (body.workstation, body.password) = (Some(ada.workstation()), WRONG.to_owned());
    refusals += &send(address, "/v1/sign-in", None, &body).await.text().await.unwrap();
    let keep = Escrow { profile: "ref-front".into(), keep: Some(STANDARD.encode(FILE_KEY)) };
    assert_eq!(ada.post("/v1/escrow", &keep).await.status(), 200);

    let mut of_boss = Ear::at(&boss, address, "?rows=ref,front,admin").await;
    let mut command = wordy(NAME, NOTE);
    command.parts.contacts[0].value = PHONE.to_owned();
    command.parts.identifiers.retain(|identifier| identifier.kind == IdentifierKind::Legacy);
    command.parts.identifiers[0].value = IDENTIFIER.to_owned();
    command.parts.addresses = vec![NewAddress {
        id: AddressId(uuid::Uuid::now_v7()),
        kind: AddressKind::Home,
        line1: STREET.to_owned(),
        line2: None,
        suburb: None,
        state: None,
        postcode: None,
    }];
    let patient = command.patient_id;
    let contact = command.parts.contacts[0].id;
    assert_eq!(ada.do_it(command.clone()).await, Verdict::Applied);
    let mut book = Book { practitioner: house.dr_lee, patient, minute: 0 }.command(&house);
    book.note = Some(NOTE.to_owned());
    let booked = book.appointment_id;
    assert_eq!(ada.do_it(book).await, Verdict::Applied);
    let cancel = CancelAppointment { appointment_id: booked, reason: NOTE.to_owned() };
    assert_eq!(ada.do_it(cancel).await, Verdict::Applied);
    // Refused, not understood, and too wrong to be anything.
    ada.do_it(command).await;
    let unknown = ada.sign_text(
        json!({"id": uuid::Uuid::now_v7(), "n": 99, "name": "teleport", "args": {"note": NOTE, "number": IDENTIFIER}})
            .to_string(),
    );
    assert_eq!(ada.push(vec![unknown]).await[0].verdict, Verdict::Quarantined);
    for (path, body) in [
        ("/v1/push", json!({"commands": [{NOTE: IDENTIFIER}]})),
        ("/v1/pull", json!({"epoch": NOTE, "max_bytes": NAME})),
        ("/v1/session", json!({"cursors": {IDENTIFIER: NOTE}})),
        ("/v1/admin", json!({"act": NOTE, "name": NAME})),
        ("/v1/nowhere", json!(NAME)),
    ] {
        refusals += &ada.post(path, &body).await.text().await.unwrap();
    }
    let edit = wattle_domain::commands::EditPatient {
        patient_id: patient,
        edits: vec![wattle_domain::commands::FieldEdit {
            table: TableName::PatientContact,
            row_id: contact.0,
            field: "note".to_owned(),
            seen_rev: Rev(1),
            was: json!("another"),
            now: json!(format!("{NOTE} again")),
        }],
        parts: wattle_domain::commands::PatientParts::default(),
    };
    assert!(matches!(ada.do_it(edit).await, Verdict::Conflict { .. }));

    // Who may have it has it.
    ada.pull().await;
    assert_eq!(ada.row("patient", patient).unwrap()["family_name"], NAME);
    let whole = Pull { epoch: ada.epoch.clone(), max_bytes: u64::MAX, ..Pull::default() };
    let patients_words = [NAME, PHONE, PHONE_DIGITS, STREET, NOTE, IDENTIFIER];
    let frames = ada.post("/v1/pull", &whole).await.bytes().await.unwrap();
    assert!(found(&frames, &patients_words).len() >= 5);
    // An administrator has no patient, and neither has Ada once she is one: not a frame, not on the stream.
    let frames = boss.post("/v1/pull", &whole).await.bytes().await.unwrap();
    assert!(!frames.is_empty());
    assert_eq!(found(&frames, &patients_words), Vec::<&str>::new());
    let demote = Act::SetRoles { user: ada.user(), roles: vec![Role::Admin] };
    assert_eq!(boss.post("/v1/admin", &demote).await.status(), 200);
    let after = ada.post("/v1/pull", &whole).await.bytes().await.unwrap();
    assert_eq!(found(&after, &patients_words), Vec::<&str>::new());
    refusals += &ada
        .post("/v1/escrow", &Escrow { profile: "ref-front".into(), keep: None })
        .await
        .text()
        .await
        .unwrap();
    while !of_boss.heard.contains("\"admin\"") {
        of_boss.hear().await.expect("goes on");
    }
    assert_eq!(found(of_boss.heard.as_bytes(), &patients_words), Vec::<&str>::new());

    let figures =
        reqwest::get(format!("http://{}/metrics", at("metrics"))).await.unwrap().text().await.unwrap();
    house.execute("CHECKPOINT").await;
    drop(serving);
    let (file_key, file_hex) = (STANDARD.encode(FILE_KEY), FILE_KEY.map(|b| format!("{b:02x}")).concat());
    let raw_key = std::str::from_utf8(&FILE_KEY).unwrap();
    let tokens =
        [&ada, &boss].map(|desk| (desk.signed_in.access_token.clone(), desk.signed_in.refresh_token.clone()));
    let secrets: Vec<&str> = [PASSWORD, WRONG, SERVER_KEY, &file_key, &file_hex, raw_key, &ada.secret]
        .into_iter()
        .chain(tokens.iter().flat_map(|(access, refresh)| [access.as_str(), refresh.as_str()]))
        .collect();
    let everything: Vec<&str> = patients_words.iter().chain(&secrets).copied().collect();
    let log = std::fs::read(log.path()).unwrap();
    assert!(found(&log, &["\"route\""]).len() == 1, "it has logged requests");
    for (what, text) in
        [("log", log.as_slice()), ("metrics", figures.as_bytes()), ("errors", refusals.as_bytes())]
    {
        assert!(!text.is_empty(), "{what}");
        assert_eq!(found(text, &everything), Vec::<&str>::new(), "in the server's {what}");
    }

    // The database has names and phones as they are, and of the rest nothing: not in a dump, not in a page, not in the log
    // that it writes ahead.
    let sealed: Vec<&str> = [NOTE, IDENTIFIER].into_iter().chain(secrets).collect();
    let dump = dump(&house).await;
    assert!(dump.contains(NAME) && dump.contains(STREET));
    assert_eq!(found(dump.as_bytes(), &sealed), Vec::<&str>::new(), "in a dump");
    let (mut bytes, mut names) = (0, 0);
    files(postgres::cluster().dir(), &mut |path, content| {
        bytes += content.len();
        names += usize::from(!found(content, &[NAME]).is_empty());
        assert_eq!(found(content, &sealed), Vec::<&str>::new(), "in {}", path.display());
    });
    assert!(bytes > 10 << 20 && names >= 2, "both the tables and the log ahead of them were read: {names}");
}
