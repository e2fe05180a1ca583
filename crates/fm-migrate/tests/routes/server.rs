//! The real server's process over a database of its own, and a workstation as that server sees one.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Response;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use uuid::Uuid;
use wattle_domain::{Command as Verb, CommandId, Envelope, UtcInstant, WIRE};
use wattle_protocol::push::{Push, Pushed, Signed};
use wattle_protocol::session::{Enrolment, SignIn, SignedIn};
use wattle_protocol::{ApiFault, PROTOCOL, PROTOCOL_HEADER};

use super::support::{CLINIC, cluster};

const PASSWORD: &str = "correct horse battery";

/// `wattle-server`: told by `cargo xtask`, or where cargo has put it.
fn program() -> PathBuf {
    if let Some(told) = std::env::var_os("WATTLE_SERVER_BIN") {
        return told.into();
    }
    let name = format!("wattle-server{}", std::env::consts::EXE_SUFFIX);
    let here = std::env::current_exe().unwrap();
    let found = here.ancestors().skip(1).take(2).map(|folder| folder.join(&name)).find(|path| path.exists());
    found.expect("wattle-server is not built: cargo build -p wattle-server, or set WATTLE_SERVER_BIN")
}

/// A server; it ends with its value.
pub struct Server {
    /// As administrator.
    pub url: String,
    address: String,
    process: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// A migrated database with an empty clinic, and its server; `None` where PostgreSQL is not installed.
    pub async fn start(name: &str) -> Option<Self> {
        let name = name.to_owned();
        tokio::task::spawn_blocking(move || {
            let url = cluster()?.create_database(&name).unwrap();
            ask(&url, &["migrate"], "");
            let clinic = CLINIC.to_string();
            ask(&url, &["clinic", "create", "--id", &clinic, "--name", "Acacia Street Medical Centre"], "");
            let maria =
                ["user", "add", "--clinic", &clinic, "--username", "maria", "--display-name", "Maria Costa"];
            ask(&url, &[&maria[..], &["--role", "reception"]].concat(), PASSWORD);
            let mut process = command(&url)
                .args(["serve", "--listen", "127.0.0.1:0"])
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut said = String::new();
            BufReader::new(process.stdout.take().unwrap()).read_line(&mut said).unwrap();
            let said: Value = serde_json::from_str(&said).unwrap();
            let address = said["listening"].as_str().unwrap().to_owned();
            Some(Self { url, address, process })
        })
        .await
        .unwrap()
    }

    /// Runs a command of the server's; what it said.
    pub fn ask(&self, arguments: &[&str]) -> Value {
        ask(&self.url, arguments, "")
    }

    /// A workstation, enrolled, with somebody of the reception signed in.
    pub async fn desk(&self) -> Desk {
        let code = self.ask(&["workstation", "code", "--clinic", &CLINIC.to_string()]);
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let key = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
        let body = SignIn {
            username: "maria".into(),
            password: PASSWORD.into(),
            second_factor: None,
            openid: None,
            workstation: None,
            workstation_secret: "5a".repeat(32),
            enrolment: Some(Enrolment {
                code: code["code"].as_str().unwrap().into(),
                name: "reception-1".into(),
            }),
            signing_key: STANDARD.encode(key.public_key().as_ref()),
            app_version: "0.1.0".into(),
        };
        let mut desk = Desk { address: self.address.clone(), key, signed_in: None, n: 0 };
        let response = desk.post("/v1/sign-in", &body).await;
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
        desk.signed_in = Some(serde_json::from_slice(&response.bytes().await.unwrap()).unwrap());
        desk
    }
}

fn command(url: &str) -> Command {
    let mut command = Command::new(program());
    command.env("WATTLE_OWNER_DATABASE_URL", url).env("DATABASE_URL", as_app(url));
    command.env("WATTLE_APP_PASSWORD", PASSWORD.replace(' ', "-"));
    command.env("WATTLE_SERVER_KEY", "5a".repeat(32));
    for foreign in ["WATTLE_KMS", "WATTLE_DATA_DIR", "WATTLE_BLOBS", "WATTLE_SERVER_KEY_FILE", "REDIS_URL"] {
        command.env_remove(foreign);
    }
    command
}

/// The same database, as the role of the server.
fn as_app(url: &str) -> String {
    let behind = url.split_once('@').expect("the URL names its user").1;
    format!("postgres://wattle_app:{}@{behind}", PASSWORD.replace(' ', "-"))
}

fn ask(url: &str, arguments: &[&str], stdin: &str) -> Value {
    let mut process = command(url)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A workstation with its numbers and its key.
pub struct Desk {
    address: String,
    key: Ed25519KeyPair,
    signed_in: Option<SignedIn>,
    n: u64,
}

impl Desk {
    async fn post(&self, path: &str, body: &impl serde::Serialize) -> Response {
        let mut request = reqwest::Client::new()
            .post(format!("http://{}{path}", self.address))
            .header(PROTOCOL_HEADER, PROTOCOL)
            .header("content-type", "application/json")
            .body(serde_json::to_vec(body).unwrap());
        if let Some(signed_in) = &self.signed_in {
            request = request.bearer_auth(&signed_in.access_token);
        }
        request.send().await.unwrap()
    }

    /// What somebody does, signed: what the outbox keeps.
    pub fn sign(&mut self, verb: impl Into<Verb>) -> Signed {
        self.n += 1;
        let signed_in = self.signed_in.as_ref().unwrap();
        let envelope = Envelope {
            id: CommandId(Uuid::now_v7()),
            wire: WIRE,
            clinic: CLINIC,
            workstation: signed_in.workstation,
            n: self.n,
            author: signed_in.user,
            issued_at: UtcInstant(1_795_000_000_000),
            deps: Vec::new(),
            replica: None,
            group: None,
            command: verb.into(),
        };
        let payload = serde_json::to_string(&envelope).unwrap();
        let signature = STANDARD.encode(self.key.sign(payload.as_bytes()).as_ref());
        Signed { payload, signature }
    }

    /// Sends the outbox.
    pub async fn push(&self, commands: &[Signed]) -> Result<Pushed, ApiFault> {
        let response = self.post("/v1/push", &Push { commands: commands.to_vec() }).await;
        let good = response.status() == 200;
        let body = response.bytes().await.unwrap();
        if good {
            Ok(serde_json::from_slice(&body).unwrap())
        } else {
            Err(serde_json::from_slice(&body).unwrap())
        }
    }

    /// How many patients a first pull brings.
    pub async fn patients(&self) -> usize {
        let hello = json!({ "app_version": "0.1.0", "protocol": PROTOCOL, "epoch": "", "cursors": {}, "outbox_len": 0, "last_n": 0 });
        let welcome = self.post("/v1/session", &hello).await.bytes().await.unwrap();
        let welcome: Value = serde_json::from_slice(&welcome).unwrap();
        let pull =
            json!({ "epoch": welcome["epoch"], "cursors": {}, "awaiting": [], "max_bytes": 100_000_000_u64 });
        let response = self.post("/v1/pull", &pull).await;
        let text = response.text().await.unwrap();
        let frames = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        frames
            .filter(|frame| frame["frame"] == "rows" && frame["table"] == "patient")
            .map(|frame| frame["rows"].as_array().unwrap().len())
            .sum()
    }
}
