//! A wire between a desk and the server's nodes that can be cut where it hurts.
//!
//! Called by: the sync tests and the chaos test.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What the wire does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Carries everything.
    Pass,
    /// Nothing gets through, and what was open is cut.
    Down,
    /// Nothing gets through, and nobody is told: connections stay open and are taken, and not a byte comes. What was open
    /// stays dead for ever, as behind a router that forgot it.
    HalfOpen,
    /// Requests to a route reach the server; of the answer so many bytes come through, then the line is cut. So many
    /// times, then all passes.
    Cut {
        /// Which route.
        route: &'static str,
        /// Bytes of the answer that come through.
        after_bytes: usize,
        /// How often.
        times: usize,
    },
}

struct State {
    mode: Mode,
    cuts: usize,
    to_desk: u64,
    /// Raised when the lines of before are dead for ever.
    forgotten: u64,
    lines: JoinSet<()>,
}

/// The wire of one desk; dropping it cuts it.
pub struct Wire {
    state: Arc<Mutex<State>>,
    url: String,
    accepting: tokio::task::JoinHandle<()>,
}

impl Wire {
    /// A wire to a server.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn to(server_url: &str, mode: Mode) -> std::io::Result<Self> {
        Self::to_one_of(&[server_url], mode).await
    }

    /// A wire to several nodes: each connection goes to the first, in this order, that takes it.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn to_one_of(server_urls: &[&str], mode: Mode) -> std::io::Result<Self> {
        let nodes: Arc<[String]> =
            server_urls.iter().map(|url| url.trim_start_matches("http://").to_owned()).collect();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let state =
            Arc::new(Mutex::new(State { mode, cuts: 0, to_desk: 0, forgotten: 0, lines: JoinSet::new() }));
        let shared = Arc::clone(&state);
        let accepting = tokio::spawn(async move {
            loop {
                let Ok((desk, _)) = listener.accept().await else { continue };
                let mut state = lock(&shared);
                while state.lines.try_join_next().is_some() {}
                if state.mode != Mode::Down {
                    let line = Line { state: Arc::clone(&shared), born: state.forgotten };
                    state.lines.spawn(line.carry(desk, Arc::clone(&nodes)));
                }
            }
        });
        Ok(Self { state, url, accepting })
    }

    /// Where the desk reaches it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// From now on it does this.
    pub fn set(&self, mode: Mode) {
        let mut state = lock(&self.state);
        state.mode = mode;
        match mode {
            Mode::Down => state.lines.abort_all(),
            Mode::HalfOpen => state.forgotten += 1,
            Mode::Pass | Mode::Cut { .. } => {}
        }
    }

    /// Bytes that came through to the desk.
    #[must_use]
    pub fn to_desk(&self) -> u64 {
        lock(&self.state).to_desk
    }

    /// How many answers it has cut.
    #[must_use]
    pub fn cuts(&self) -> usize {
        lock(&self.state).cuts
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One connection of the wire.
struct Line {
    state: Arc<Mutex<State>>,
    born: u64,
}

impl Line {
    async fn carry(self, mut desk: TcpStream, nodes: Arc<[String]>) {
        let (mut from_desk, mut from_server) = (vec![0; 65_536], vec![0; 65_536]);
        if self.is_silent() {
            // A connection that a dead wire took: what it says is swallowed, and nothing ever comes.
            while let Ok(1..) = desk.read(&mut from_desk).await {}
            return;
        }
        let Some(mut server) = connect(&nodes).await else { return };
        // A hint is 60 bytes: it must not wait for more.
        let _ = (desk.set_nodelay(true), server.set_nodelay(true));
        // Bytes that may still come through; set when a request to the cut route goes by.
        let mut left: Option<usize> = None;
        loop {
            tokio::select! {
                read = desk.read(&mut from_desk) => {
                    let Ok(n @ 1..) = read else { return };
                    let said = from_desk.get(..n).unwrap_or_default();
                    if self.is_silent() { continue }
                    if let Some(after) = self.marked(said) {
                        left = Some(after);
                    }
                    if server.write_all(said).await.is_err() { return }
                }
                read = server.read(&mut from_server) => {
                    let Ok(n @ 1..) = read else {
                        // Nor does the end come through: the desk has to notice by itself.
                        if self.is_silent() { std::future::pending::<()>().await }
                        return
                    };
                    if self.is_silent() { continue }
                    let through = left.map_or(n, |left| left.min(n));
                    if desk.write_all(from_server.get(..through).unwrap_or_default()).await.is_err() { return }
                    lock(&self.state).to_desk += u64::try_from(through).unwrap_or(0);
                    if let Some(rest) = left.as_mut() {
                        if through < n {
                            lock(&self.state).cuts += 1;
                            return;
                        }
                        *rest -= through;
                    }
                }
            }
        }
    }

    /// Whether this line carries nothing: the wire is half open now, or was since this line was made.
    fn is_silent(&self) -> bool {
        let state = lock(&self.state);
        state.mode == Mode::HalfOpen || state.forgotten > self.born
    }

    /// Whether these bytes begin a request whose answer is to be cut, and after how many bytes.
    fn marked(&self, bytes: &[u8]) -> Option<usize> {
        let mut state = lock(&self.state);
        let Mode::Cut { route, after_bytes, times } = &mut state.mode else { return None };
        // Blobs have names below their route.
        let lines = [format!("POST {route} "), format!("GET {route}/")];
        if *times == 0 || !lines.iter().any(|line| bytes.starts_with(line.as_bytes())) {
            return None;
        }
        *times -= 1;
        Some(*after_bytes)
    }
}

async fn connect(nodes: &[String]) -> Option<TcpStream> {
    for node in nodes {
        if let Ok(server) = TcpStream::connect(node).await {
            return Some(server);
        }
    }
    None
}
