//! Where the system's browser comes back to after a sign-in at an OpenID provider (RFC 8252, section 7.3).
//!
//! Owns: one listener on this computer, for one answer. Must never: log what comes.
//! Called by: `workstation::openid`.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::form_urlencoded;

use crate::error::Error;

/// The longest head of a request that is read: a code is some hundred letters.
const HEAD_BYTES: usize = 16 << 10;
/// How long one connection may take to say what it wants.
const ONE: Duration = Duration::from_secs(5);

/// What the browser brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Brought {
    /// The provider's code.
    Code(String),
    /// The provider said no, or the person did.
    Refused,
}

/// A place to come back to.
pub(crate) struct Loopback {
    listener: TcpListener,
    port: u16,
}

impl Loopback {
    /// Takes a free port of this very computer.
    ///
    /// # Errors
    /// None is free.
    pub(crate) async fn open() -> Result<Self, Error> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port })
    }

    /// Its address, as the provider is told it.
    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Waits for an answer that carries `state`; whatever else comes is told that it is not wanted here.
    ///
    /// # Errors
    /// [`Error::ProviderRefused`] when nobody came in time.
    pub(crate) async fn wait(self, state: &str, patience: Duration) -> Result<Brought, Error> {
        let answer = async {
            loop {
                let Ok((mut stream, _)) = self.listener.accept().await else { continue };
                let target = tokio::time::timeout(ONE, read_target(&mut stream)).await.ok().flatten();
                let brought = target.and_then(|target| brought(&target, state));
                let (status, text) = match &brought {
                    Some(Brought::Code(_)) => {
                        ("200 OK", "You are signed in. Close this page and go back to Wattle.")
                    }
                    Some(Brought::Refused) => {
                        ("200 OK", "You were not signed in. Close this page and go back to Wattle.")
                    }
                    None => ("404 Not Found", "Nothing is here."),
                };
                let page = format!(
                    "<!doctype html><html lang=en><meta charset=utf-8><title>Wattle</title><p style=\"font:16px system-ui;margin:3rem\">{text}"
                );
                let head = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
                     referrer-policy: no-referrer\r\nconnection: close\r\n\r\n{page}",
                    page.len()
                );
                let _ = tokio::time::timeout(ONE, stream.write_all(head.as_bytes())).await;
                let _ = stream.shutdown().await;
                if let Some(brought) = brought {
                    return brought;
                }
            }
        };
        tokio::time::timeout(patience, answer).await.map_err(|_| Error::ProviderRefused)
    }
}

/// What a request asks for: the second word of its first line.
async fn read_target(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut piece = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut piece).await.ok()?;
        if read == 0 || head.len() + read > HEAD_BYTES {
            return None;
        }
        head.extend_from_slice(piece.get(..read)?);
    }
    let head = String::from_utf8(head).ok()?;
    let mut words = head.lines().next()?.split(' ');
    (words.next()? == "GET").then(|| words.next().map(str::to_owned))?
}

fn brought(target: &str, state: &str) -> Option<Brought> {
    let query = target.strip_prefix("/?")?;
    let (mut code, mut refused, mut ours) = (None, false, false);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "code" => code = Some(value.into_owned()),
            "error" => refused = true,
            "state" => ours = value == state,
            _ => {}
        }
    }
    match (ours, refused, code) {
        (false, _, _) => None,
        (true, true, _) => Some(Brought::Refused),
        (true, false, code) => code.map(Brought::Code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_with_our_state_is_taken() {
        assert_eq!(brought("/?code=a%2Bb&state=s1", "s1"), Some(Brought::Code("a+b".into())));
        assert_eq!(brought("/?error=access_denied&state=s1", "s1"), Some(Brought::Refused));
        for other in
            ["/?code=a&state=s2", "/?code=a", "/favicon.ico", "/", "/?state=s1", "/x?code=a&state=s1"]
        {
            assert_eq!(brought(other, "s1"), None, "{other}");
        }
    }

    #[tokio::test]
    async fn strangers_do_not_end_the_wait() {
        let here = Loopback::open().await.unwrap();
        let port = here.port;
        let visitor = tokio::spawn(async move {
            let mut said = Vec::new();
            for line in ["GET /favicon.ico HTTP/1.1", "nonsense", "GET /?code=c1&state=s1 HTTP/1.1"] {
                let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                stream.write_all(format!("{line}\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).await.unwrap();
                said.push(answer.lines().next().unwrap_or_default().to_owned());
            }
            said
        });
        let brought = here.wait("s1", Duration::from_secs(30)).await.unwrap();
        assert_eq!(brought, Brought::Code("c1".into()));
        assert_eq!(
            visitor.await.unwrap(),
            ["HTTP/1.1 404 Not Found", "HTTP/1.1 404 Not Found", "HTTP/1.1 200 OK"]
        );
    }
}
