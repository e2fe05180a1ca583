//! A live connection as thin as can be: a socket and its bytes, so that ten thousand fit into one process.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wattle_protocol::live::{Delta, Hint, ROWS_EVENT, ROWS_QUERY};
use wattle_protocol::{PROTOCOL, PROTOCOL_HEADER};

/// Something that live said.
#[derive(Clone, Debug)]
pub enum Said {
    /// Rows.
    Delta(Box<Delta>),
    /// A hint.
    Hint(Hint),
    /// It is still there.
    Beat,
}

/// An open stream.
pub struct Stream {
    reader: BufReader<TcpStream>,
    event: String,
}

impl Stream {
    /// Opens live at a server (`127.0.0.1:PORT`), for rows of some feeds (`ref,front`).
    ///
    /// # Errors
    /// It cannot be reached, or refuses; the status is in the error.
    pub async fn open(address: &str, token: &str, feeds: &str) -> anyhow::Result<Self> {
        let socket = timeout(Duration::from_secs(30), TcpStream::connect(address)).await??;
        socket.set_nodelay(true)?;
        // Small: what the server says is small, and there are many of these.
        let mut reader = BufReader::with_capacity(2048, socket);
        let ask = format!(
            "GET /v1/live?{ROWS_QUERY}={feeds} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             {PROTOCOL_HEADER}: {PROTOCOL}\r\naccept: text/event-stream\r\naccept-encoding: identity\r\n\r\n"
        );
        reader.get_mut().write_all(ask.as_bytes()).await?;
        let mut status = String::new();
        timeout(Duration::from_secs(60), reader.read_line(&mut status)).await??;
        anyhow::ensure!(status.contains(" 200 "), "live answered {}", status.trim());
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).await?;
            if header.trim().is_empty() {
                break;
            }
        }
        Ok(Self { reader, event: String::new() })
    }

    /// The next thing it says.
    ///
    /// # Errors
    /// It has ended.
    pub async fn next(&mut self) -> anyhow::Result<Said> {
        let mut line = String::new();
        loop {
            line.clear();
            anyhow::ensure!(self.reader.read_line(&mut line).await? > 0, "live has ended");
            // Chunk sizes of HTTP/1.1 and empty lines are between the lines of events, and are like none of them.
            let line = line.trim_end();
            if let Some(name) = line.strip_prefix("event:") {
                self.event = name.trim().to_owned();
            } else if let Some(data) = line.strip_prefix("data:") {
                let event = std::mem::take(&mut self.event);
                if event == ROWS_EVENT {
                    return Ok(Said::Delta(serde_json::from_str(data)?));
                }
                if event.is_empty() {
                    return Ok(Said::Hint(serde_json::from_str(data)?));
                }
            } else if line.starts_with(':') {
                return Ok(Said::Beat);
            }
        }
    }
}
