//! Server-sent events of live: the part of that format that a stream of hints needs.

use reqwest::Response;
use wattle_protocol::live::Hint;

use super::lines::Lines;
use super::{Error, Limits, answer};

/// Longest line of an event; a hint has about fifty bytes.
const LINE_BYTES: usize = 64 << 10;

/// A live connection.
#[derive(Debug)]
pub struct Hints {
    response: Response,
    parser: Parser,
    limits: Limits,
}

/// What live said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A feed moved.
    Hint(Hint),
    /// It is still there.
    Beat,
}

impl Hints {
    pub(super) fn new(response: Response, limits: Limits) -> Self {
        Self { response, parser: Parser::new(), limits }
    }

    /// Waits for the next word; `None` when the server has closed.
    ///
    /// # Errors
    /// Cut, or silent for longer than [`Limits::silence`].
    pub async fn next(&mut self) -> Result<Option<Heard>, Error> {
        loop {
            if let Some(heard) = self.parser.next()? {
                return Ok(Some(heard));
            }
            match answer::within(self.limits.silence, self.response.chunk()).await? {
                Some(piece) => self.parser.lines.feed(&piece),
                None => return Ok(None),
            }
        }
    }
}

/// Events out of lines.
#[derive(Debug)]
struct Parser {
    lines: Lines,
    data: Vec<u8>,
}

impl Parser {
    fn new() -> Self {
        Self { lines: Lines::new(LINE_BYTES), data: Vec::new() }
    }

    fn next(&mut self) -> Result<Option<Heard>, Error> {
        while let Some(line) = self.lines.next()? {
            if line.is_empty() {
                let event = std::mem::take(&mut self.data);
                // Not a hint that this version knows (a newer feed, say): it is no feed of ours then, but a sign of life.
                let hint = serde_json::from_slice::<Hint>(&event).map_or(Heard::Beat, Heard::Hint);
                if !event.is_empty() {
                    return Ok(Some(hint));
                }
            } else if let Some(value) = field(line, b"data") {
                if self.data.len() + value.len() > LINE_BYTES {
                    return Err(Error::Garbled { what: "an event is too long" });
                }
                if !self.data.is_empty() {
                    self.data.push(b'\n');
                }
                self.data.extend_from_slice(value);
            } else if line.first() == Some(&b':') {
                return Ok(Some(Heard::Beat));
            }
        }
        Ok(None)
    }
}

/// The value of a `name: value` line.
fn field<'l>(line: &'l [u8], name: &[u8]) -> Option<&'l [u8]> {
    let value = line.strip_prefix(name)?.strip_prefix(b":")?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use wattle_domain::{FeedClass, FeedSeq};

    use super::*;

    fn heard(text: &str, size: usize) -> Vec<Heard> {
        let mut parser = Parser::new();
        let mut out = Vec::new();
        for piece in text.as_bytes().chunks(size) {
            parser.lines.feed(piece);
            while let Some(heard) = parser.next().unwrap() {
                out.push(heard);
            }
        }
        out
    }

    fn hint(feed: FeedClass, head: u64) -> Heard {
        Heard::Hint(Hint { feed, head: FeedSeq(head) })
    }

    #[test]
    fn events_are_read_however_they_are_cut() {
        for (text, want, why) in [
            ("data: {\"feed\":\"front\",\"head\":7}\n\n", vec![hint(FeedClass::Front, 7)], "one hint"),
            ("data:{\"feed\":\"ref\",\"head\":1}\r\n\r\n", vec![hint(FeedClass::Ref, 1)], "no space, CRLF"),
            (
                "event: hint\nid: 4\ndata: {\"feed\":\"ref\",\ndata: \"head\":2}\n\n",
                vec![hint(FeedClass::Ref, 2)],
                "other fields are skipped, data lines are joined",
            ),
            (":\n\n: keep-alive\n\n", vec![Heard::Beat, Heard::Beat], "comments are heartbeats"),
            ("\n\n\n", vec![], "empty events are nothing"),
            ("data: {\"feed\":\"xray\",\"head\":1}\n\n", vec![Heard::Beat], "a feed of a newer version"),
            ("data: {\"feed\":\"ref\",\"head\":1}\n", vec![], "not ended yet"),
        ] {
            for size in [1, 2, 3, 7, 1000] {
                assert_eq!(heard(text, size), want, "{why}, in pieces of {size}");
            }
        }
    }

    #[test]
    fn an_event_that_never_ends_is_refused() {
        let mut parser = Parser::new();
        let mut end = Ok(None);
        for _ in 0..100 {
            parser.lines.feed(format!("data: {}\n", "x".repeat(1_000)).as_bytes());
            end = parser.next();
            if end.is_err() {
                break;
            }
        }
        assert_eq!(end, Err(Error::Garbled { what: "an event is too long" }));
    }
}
