//! A server of one clinic that says what a test has it say, on the loopback.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::StreamExt;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, watch};
use wattle_domain::{CommandId, Envelope, FeedClass, FeedSeq, UtcInstant};
use wattle_protocol::live::Delta;
use wattle_protocol::pull::{Frame, Pull};
use wattle_protocol::push::{Answer, Push, Pushed, Verdict};
use wattle_protocol::session::{FeedHead, Hello, Welcome, WorkstationState};

use crate::cast;

/// What it has, and what it was asked.
pub struct Said {
    pub epoch: String,
    pub heads: BTreeMap<FeedClass, u64>,
    pub horizon: u64,
    /// The rows of a feed sent whole.
    pub whole: BTreeMap<FeedClass, Vec<Frame>>,
    /// What pushes are answered with, if not with verdicts.
    pub push_fault: Option<StatusCode>,
    /// It says that a copy of the file is at work.
    pub twin: bool,
    pub pushes: usize,
    pub decided: Vec<CommandId>,
    pub pulls: Vec<Pull>,
    pub hellos: Vec<Hello>,
    pub live_query: Option<String>,
}

#[derive(Clone)]
pub struct Server {
    said: Arc<Mutex<Said>>,
    events: broadcast::Sender<String>,
    moved: watch::Sender<()>,
}

impl Server {
    pub fn new() -> Self {
        let said = Said {
            epoch: "e1".into(),
            heads: [(FeedClass::Ref, 1), (FeedClass::Front, 1)].into(),
            horizon: 0,
            whole: cast::clinic(),
            push_fault: None,
            twin: false,
            pushes: 0,
            decided: vec![],
            pulls: vec![],
            hellos: vec![],
            live_query: None,
        };
        let said = Arc::new(Mutex::new(said));
        Self { said, events: broadcast::Sender::new(4096), moved: watch::Sender::new(()) }
    }

    pub fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap()
    }

    pub async fn serve(&self, listener: TcpListener) {
        let router = Router::new()
            .route("/v1/session", post(session))
            .route("/v1/push", post(push))
            .route("/v1/pull", post(pull))
            .route("/v1/live", get(live))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    }

    /// The rows of one commit after another.
    pub fn rows(&self, feed: FeedClass, from: u64, frames: Vec<Frame>) -> Delta {
        let epoch = self.said().epoch.clone();
        Delta { epoch, feed, from: FeedSeq(from), to: FeedSeq(from + 1), frames }
    }

    /// Somebody else commits this in a feed, and live carries it.
    pub fn commit(&self, feed: FeedClass, frames: Vec<Frame>) {
        let delta = {
            let mut said = self.said();
            let epoch = said.epoch.clone();
            let head = said.heads.get_mut(&feed).unwrap();
            *head += 1;
            Delta { epoch, feed, from: FeedSeq(*head - 1), to: FeedSeq(*head), frames }
        };
        let _ =
            self.events.send(format!("event: rows\ndata: {}\n\n", serde_json::to_string(&delta).unwrap()));
    }

    pub fn listeners(&self) -> usize {
        self.events.receiver_count()
    }

    /// Waits until what it was asked makes this true.
    pub async fn until(&self, what: &str, is: impl Fn(&Said) -> bool) {
        let mut moved = self.moved.subscribe();
        let wait = async {
            while !is(&self.said()) {
                let _ = moved.changed().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait).await.unwrap_or_else(|_| panic!("never: {what}"));
    }
}

async fn session(State(server): State<Server>, Json(hello): Json<Hello>) -> Json<Welcome> {
    let mut said = server.said();
    let removed = hello.cursors.keys().copied().filter(|feed| !said.heads.contains_key(feed)).collect();
    said.hellos.push(hello);
    let feed = |(feed, head): (&FeedClass, &u64)| FeedHead {
        feed: *feed,
        head: FeedSeq(*head),
        horizon: FeedSeq(said.horizon),
    };
    let welcome = Welcome {
        epoch: said.epoch.clone(),
        server_time: UtcInstant(0),
        feeds: said.heads.iter().map(feed).collect(),
        removed,
        workstation: WorkstationState::Ok,
        offline_lease_until: UtcInstant(i64::MAX),
        min_app_version: "0.0.0".into(),
        roles: vec![],
        last_n: 0,
        workstation_names: BTreeMap::new(),
    };
    drop(said);
    server.moved.send_replace(());
    Json(welcome)
}

async fn push(State(server): State<Server>, body: Bytes) -> Response {
    server.said().pushes += 1;
    server.moved.send_replace(());
    if let Some(fault) = server.said().push_fault {
        return (fault, r#"{"code":"internal","correlation_id":"x"}"#).into_response();
    }
    let Ok(push) = serde_json::from_slice::<Push>(&body) else {
        let malformed = r#"{"code":"malformed","correlation_id":"x"}"#;
        return (StatusCode::BAD_REQUEST, malformed).into_response();
    };
    let mut said = server.said();
    let answer = |signed: &wattle_protocol::push::Signed| {
        let envelope: Envelope = serde_json::from_str(&signed.payload).unwrap();
        let duplicate = said.decided.contains(&envelope.id);
        if !duplicate {
            said.decided.push(envelope.id);
        }
        Answer { command_id: envelope.id, verdict: Verdict::Applied, duplicate }
    };
    let answers = push.commands.iter().map(answer).collect();
    let twin = said.twin;
    drop(said);
    server.moved.send_replace(());
    Json(Pushed { answers, twin }).into_response()
}

async fn pull(State(server): State<Server>, Json(pull): Json<Pull>) -> Response {
    let mut said = server.said();
    let held = |feed: &FeedClass| pull.cursors.get(feed).copied().unwrap_or_default();
    let mut frames = Vec::new();
    for (feed, rows) in &said.whole {
        if held(feed) == FeedSeq(0) && said.heads.contains_key(feed) {
            frames.push(Frame::Whole { feed: *feed, rows: 0 });
            frames.extend(rows.iter().cloned());
            frames.push(Frame::Page { feed: *feed, to: FeedSeq(said.heads[feed]) });
        }
    }
    let covered = pull.awaiting.iter().filter(|id| said.decided.contains(id));
    let answers =
        covered.map(|id| Answer { command_id: *id, verdict: Verdict::Applied, duplicate: true }).collect();
    let cursors = said.heads.iter().map(|(feed, head)| (*feed, FeedSeq(*head))).collect();
    frames.push(Frame::Checkpoint { cursors, answers, complete: true, digests: vec![] });
    said.pulls.push(pull);
    drop(said);
    server.moved.send_replace(());
    let lines: Vec<String> =
        frames.iter().map(|frame| serde_json::to_string(frame).unwrap() + "\n").collect();
    lines.concat().into_response()
}

async fn live(State(server): State<Server>, RawQuery(query): RawQuery) -> Response {
    let events = server.events.subscribe();
    server.said().live_query = query;
    server.moved.send_replace(());
    let stream = futures::stream::unfold(events, |mut events| async move {
        let event = events.recv().await.ok()?;
        Some((Ok::<_, std::io::Error>(event), events))
    });
    let hello = futures::stream::once(async { Ok(": hello\n\n".to_owned()) });
    let body = Body::from_stream(hello.chain(stream));
    Response::builder().header("content-type", "text/event-stream").body(body).unwrap()
}
