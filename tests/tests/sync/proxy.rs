//! A wire between desk and server that can be cut where it hurts.

use std::sync::{Arc, Mutex};

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
    /// Requests to a route reach the server; of the answer so many bytes come through, then the line is cut. So many
    /// times, then all passes.
    Cut { route: &'static str, after_bytes: usize, times: usize },
}

struct State {
    mode: Mode,
    cuts: usize,
    lines: JoinSet<()>,
}

pub struct Proxy {
    state: Arc<Mutex<State>>,
    url: String,
    accepting: tokio::task::JoinHandle<()>,
}

impl Proxy {
    pub async fn to(server_url: &str, mode: Mode) -> Self {
        let upstream = server_url.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { mode, cuts: 0, lines: JoinSet::new() }));
        let shared = Arc::clone(&state);
        let accepting = tokio::spawn(async move {
            loop {
                let (desk, _) = listener.accept().await.unwrap();
                let mut state = shared.lock().unwrap();
                if state.mode != Mode::Down {
                    let carried = carry(Arc::clone(&shared), desk, upstream.clone());
                    state.lines.spawn(carried);
                }
            }
        });
        Self { state, url, accepting }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn set(&self, mode: Mode) {
        let mut state = self.state.lock().unwrap();
        state.mode = mode;
        if mode == Mode::Down {
            state.lines.abort_all();
        }
    }

    /// How many answers it has cut.
    pub fn cuts(&self) -> usize {
        self.state.lock().unwrap().cuts
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn carry(state: Arc<Mutex<State>>, mut desk: TcpStream, upstream: String) {
    let Ok(mut server) = TcpStream::connect(upstream).await else { return };
    let (mut from_desk, mut from_server) = (vec![0; 65_536], vec![0; 65_536]);
    // Bytes that may still come through; set when a request to the cut route goes by.
    let mut left: Option<usize> = None;
    loop {
        tokio::select! {
            read = desk.read(&mut from_desk) => {
                let Ok(n @ 1..) = read else { return };
                if let Some(after) = marked(&state, &from_desk[..n]) {
                    left = Some(after);
                }
                if server.write_all(&from_desk[..n]).await.is_err() { return }
            }
            read = server.read(&mut from_server) => {
                let Ok(n @ 1..) = read else { return };
                let through = left.map_or(n, |left| left.min(n));
                if desk.write_all(&from_server[..through]).await.is_err() { return }
                if let Some(rest) = left.as_mut() {
                    if through < n {
                        state.lock().unwrap().cuts += 1;
                        return;
                    }
                    *rest -= through;
                }
            }
        }
    }
}

/// Whether these bytes begin a request whose answer is to be cut, and after how many bytes.
fn marked(state: &Mutex<State>, bytes: &[u8]) -> Option<usize> {
    let mut state = state.lock().unwrap();
    let Mode::Cut { route, after_bytes, times } = &mut state.mode else { return None };
    let line = format!("POST {route} ");
    if *times == 0 || !bytes.starts_with(line.as_bytes()) {
        return None;
    }
    *times -= 1;
    Some(*after_bytes)
}
