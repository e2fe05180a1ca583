//! The HTTP server: one handler, one lock, and the faults on the way out.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use futures::StreamExt as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::Error;
use crate::container::Grants;
use crate::database::Database;
use crate::faults::{Fault, Faults, Suffer};
use crate::reply::Reply;
use crate::sessions::Sessions;
use crate::url::Address;
use crate::{container, data_api, odata};

/// How the server is set up, and how old it pretends to be.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The account that may read.
    pub user: String,
    /// Its password.
    pub password: String,
    /// A port; 0 for any.
    pub port: u16,
    /// Rows of an OData page.
    pub page_rows: usize,
    /// `@odata.context` as older servers write, rather than `@context` as 22 does.
    pub odata_prefix: bool,
    /// Bare question marks for what does not fit its type, rather than null.
    pub question_marks: bool,
    /// Whether OData knows `Name[2]`; FileMaker 2024 does not.
    pub odata_repetitions: bool,
    /// Whether the Data API knows `dateformats`: from 19.6.1.
    pub dateformats: bool,
    /// Data API sessions at the same time.
    pub most_sessions: usize,
    /// Without a request for so long, a session ends.
    pub session_idle: Duration,
    /// Record-level privileges: the account does not see every so manieth record, though all are counted.
    pub hide_every: Option<u64>,
    /// What may be sent, bytes; then comes 953.
    pub allowance_bytes: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            user: "migrator".into(),
            password: "read-only".into(),
            port: 0,
            page_rows: 10_000,
            odata_prefix: false,
            question_marks: true,
            odata_repetitions: true,
            dateformats: true,
            most_sessions: 100,
            session_idle: Duration::from_secs(15 * 60),
            hide_every: None,
            allowance_bytes: None,
        }
    }
}

/// Everything behind the lock.
pub(crate) struct Inside {
    pub(crate) settings: Settings,
    pub(crate) database: Database,
    pub(crate) sessions: Sessions,
    pub(crate) grants: Grants,
    pub(crate) base: String,
    faults: Faults,
    began: Instant,
    forward: Duration,
    sent_bytes: u64,
    seen: HashMap<&'static str, u64>,
    tokens: u64,
}

impl Inside {
    pub(crate) fn now(&self) -> Duration {
        self.began.elapsed() + self.forward
    }

    /// A word that nobody guesses: tests are no place for guessing, but URLs must look as they do.
    pub(crate) fn token(&mut self) -> String {
        self.tokens += 1;
        let seed = format!("{:?}/{}", self.began, self.tokens);
        let digest = ring::digest::digest(&ring::digest::SHA256, seed.as_bytes());
        digest.as_ref().iter().map(|b| format!("{b:02X}")).collect()
    }
}

/// A running stand-in; it ends with its value.
pub struct Standin {
    inside: Arc<Mutex<Inside>>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
}

impl Standin {
    /// Serves a file on loopback.
    ///
    /// # Errors
    /// No port.
    pub async fn start(database: Database, settings: Settings) -> Result<Self, Error> {
        let listener = TcpListener::bind(("127.0.0.1", settings.port)).await?;
        let address = listener.local_addr()?;
        let inside = Arc::new(Mutex::new(Inside {
            sessions: Sessions::new(settings.session_idle, settings.most_sessions),
            settings,
            database,
            grants: Grants::default(),
            base: format!("http://{address}"),
            faults: Faults::default(),
            began: Instant::now(),
            forward: Duration::ZERO,
            sent_bytes: 0,
            seen: HashMap::new(),
            tokens: 0,
        }));
        let router = Router::new().fallback(handle).with_state(Arc::clone(&inside));
        let (stop, stopped) = oneshot::channel();
        tokio::spawn(async move {
            // Connections that are still open go with the runtime.
            let served = axum::serve(listener, router);
            tokio::select! {
                _ = served => {}
                _ = stopped => {}
            }
        });
        Ok(Self { inside, address, stop: Some(stop) })
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Teaches a sample's mapping where this server is: `[server]` with further settings, and each table's name and layout.
    ///
    /// # Errors
    /// The file cannot be read or written, or lacks a table that is served.
    pub fn teach(&self, mapping: &Path, settings: &str) -> Result<(), Error> {
        let mut text = std::fs::read_to_string(mapping)?;
        let name = self.with(|d| d.name.clone());
        text.push_str(&format!("\n[server]\nurl = \"{}\"\ndatabase = \"{name}\"\n{settings}", self.url()));
        for (table, layout) in
            self.with(|d| d.tables.iter().map(|t| (t.name.clone(), t.layout.clone())).collect::<Vec<_>>())
        {
            let head = format!("\n[{}]\n", ours(&table));
            if !text.contains(&head) {
                return Err(std::io::Error::other(format!("the mapping has no {}", head.trim())).into());
            }
            text = text.replace(&head, &format!("{head}table = \"{table}\"\napi_layout = \"{layout}\"\n"));
        }
        Ok(std::fs::write(mapping, text)?)
    }

    /// Plants a fault.
    pub fn plant(&self, fault: Fault) {
        self.lock().faults.plant(fault);
    }

    /// Looks at or changes the file.
    pub fn with<T>(&self, act: impl FnOnce(&mut Database) -> T) -> T {
        act(&mut self.lock().database)
    }

    /// Puts the clock of the sessions forward.
    pub fn pass(&self, time: Duration) {
        self.lock().forward += time;
    }

    /// Changes a setting while it runs.
    pub fn set(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.lock().settings);
    }

    /// Requests so far: `data_api`, `odata`, `container`.
    #[must_use]
    pub fn requests(&self, kind: &str) -> u64 {
        self.lock().seen.get(kind).copied().unwrap_or(0)
    }

    /// Sessions opened so far.
    #[must_use]
    pub fn sessions_opened(&self) -> u64 {
        self.lock().sessions.opened()
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Standin {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

/// A request as the interfaces see it.
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) address: Address,
    pub(crate) raw_query: String,
    pub(crate) raw_path: String,
    pub(crate) authorization: String,
    pub(crate) accept: String,
    pub(crate) cookie: String,
    pub(crate) body: Vec<u8>,
}

async fn handle(State(inside): State<Arc<Mutex<Inside>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let header =
        |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default().to_vec();
    let raw_query = parts.uri.query().unwrap_or_default().to_owned();
    let asked = Asked {
        method: parts.method.as_str().to_owned(),
        address: Address::read(parts.uri.path(), &raw_query),
        raw_query,
        raw_path: parts.uri.path().to_owned(),
        authorization: header("authorization"),
        accept: header("accept"),
        cookie: header("cookie"),
        body,
    };
    let (reply, suffer) = answer(&inside, &asked);
    if !suffer.slow.is_zero() {
        tokio::time::sleep(suffer.slow).await;
    }
    send(reply, suffer.cut)
}

fn answer(inside: &Mutex<Inside>, asked: &Asked) -> (Reply, Suffer) {
    let mut guard = inside.lock().unwrap_or_else(PoisonError::into_inner);
    let inside = &mut *guard;
    let kind = match asked.address.path.as_slice() {
        [fmi, data, ..] if fmi == "fmi" && data == "data" => "data_api",
        [fmi, odata, ..] if fmi == "fmi" && odata == "odata" => "odata",
        [streaming, ..] if streaming == "Streaming_SSL" => "container",
        _ => "other",
    };
    *inside.seen.entry(kind).or_default() += 1;
    let suffer = inside.faults.meet(&asked.address.whole, &mut inside.database);
    if suffer.bad_gateway {
        return (Reply::bad_gateway(), suffer);
    }
    let spent = inside.settings.allowance_bytes.is_some_and(|most| inside.sent_bytes >= most);
    let code = if spent { Some(953) } else { suffer.code };
    let reply = match (kind, code) {
        ("data_api", Some(code)) => Reply::data_api_error(code),
        ("odata", Some(code)) => {
            Reply::odata_error(503, &code.to_string(), "The server does not do this now")
        }
        ("data_api", None) => data_api::answer(inside, asked),
        ("odata", None) => odata::answer(inside, asked, suffer.error_in_row),
        ("container", None) => container::answer(inside, asked),
        _ => Reply { status: 404, ..Reply::default() },
    };
    inside.sent_bytes += reply.body.len() as u64;
    (reply, suffer)
}

fn send(reply: Reply, cut: Option<usize>) -> Response {
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    let body = match cut {
        None => Body::from(reply.body),
        Some(after) => {
            response = response.header("content-length", reply.body.len());
            let first =
                Bytes::copy_from_slice(reply.body.get(..after.min(reply.body.len())).unwrap_or_default());
            let gone = io::Error::new(io::ErrorKind::ConnectionReset, "cut");
            // A breath between the two, so that what was said before the cut is sent.
            let pieces = futures::stream::iter([Ok(first), Err(gone)]);
            Body::from_stream(pieces.then(async |piece| {
                tokio::task::yield_now().await;
                piece
            }))
        }
    };
    response.body(body).unwrap_or_default()
}

/// The name in the mapping of a table of the sample: `InvoiceItems` is `invoice_items`.
fn ours(table: &str) -> String {
    let mut name = String::new();
    for (place, letter) in table.char_indices() {
        if place > 0 && letter.is_uppercase() {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}
