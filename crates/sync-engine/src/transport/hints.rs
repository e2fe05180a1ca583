//! Server-sent events of live: the part of that format that a stream of hints and rows needs.

use reqwest::Response;
use serde::Deserialize;
use wattle_domain::{FeedClass, FeedSeq};
use wattle_protocol::live::{Delta, Hint, ROWS_EVENT};

use super::lines::Lines;
use super::{Error, Limits, answer};

/// A live connection.
#[derive(Debug)]
pub struct Hints {
    response: Response,
    parser: Parser,
    limits: Limits,
}

/// What live said.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// A feed moved.
    Hint(Hint),
    /// A feed moved, and these are the rows.
    Delta(Box<Delta>),
    /// It is still there.
    Beat,
}

impl Hints {
    pub(super) fn new(response: Response, limits: Limits) -> Self {
        Self { response, parser: Parser::new(limits.event_bytes), limits }
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
    /// The event's name is [`ROWS_EVENT`].
    rows: bool,
    data: Vec<u8>,
    most: usize,
}

impl Parser {
    fn new(most: usize) -> Self {
        Self { lines: Lines::new(most), rows: false, data: Vec::new(), most }
    }

    fn next(&mut self) -> Result<Option<Heard>, Error> {
        while let Some(line) = self.lines.next()? {
            if line.is_empty() {
                let event = std::mem::take(&mut self.data);
                let rows = std::mem::take(&mut self.rows);
                if !event.is_empty() {
                    return Ok(Some(if rows { delta(&event) } else { hint(&event) }));
                }
            } else if let Some(value) = field(line, b"data") {
                if self.data.len() + value.len() > self.most {
                    return Err(Error::Garbled { what: "an event is too long" });
                }
                if !self.data.is_empty() {
                    self.data.push(b'\n');
                }
                self.data.extend_from_slice(value);
            } else if let Some(name) = field(line, b"event") {
                self.rows = name == ROWS_EVENT.as_bytes();
            } else if line.first() == Some(&b':') {
                return Ok(Some(Heard::Beat));
            }
        }
        Ok(None)
    }
}

/// What is not a hint that this version knows (a newer feed, say) is no feed of ours, but a sign of life.
fn hint(event: &[u8]) -> Heard {
    serde_json::from_slice(event).map_or(Heard::Beat, Heard::Hint)
}

/// Rows that this version cannot read (a newer kind of frame) still tell that the feed moved.
fn delta(event: &[u8]) -> Heard {
    #[derive(Deserialize)]
    struct Moved {
        feed: FeedClass,
        to: FeedSeq,
    }
    match serde_json::from_slice(event) {
        Ok(delta) => Heard::Delta(Box::new(delta)),
        Err(_) => serde_json::from_slice(event)
            .map_or(Heard::Beat, |moved: Moved| Heard::Hint(Hint { feed: moved.feed, head: moved.to })),
    }
}

/// The value of a `name: value` line.
fn field<'l>(line: &'l [u8], name: &[u8]) -> Option<&'l [u8]> {
    let value = line.strip_prefix(name)?.strip_prefix(b":")?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use wattle_protocol::pull::Frame;

    use super::*;

    const MOST: usize = 4_000;

    fn heard(text: &str, size: usize) -> Vec<Heard> {
        let mut parser = Parser::new(MOST);
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

    fn gone() -> Delta {
        let frames = vec![Frame::Gone { feed: FeedClass::Ref, table: "alert".into(), ids: vec![] }];
        Delta { epoch: "e".into(), feed: FeedClass::Ref, from: FeedSeq(1), to: FeedSeq(2), frames }
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
            (
                "event: rows\ndata: {\"epoch\":\"e\",\"feed\":\"ref\",\"from\":1,\"to\":2,\"frames\":[{\"frame\":\"gone\",\"feed\":\"ref\",\"table\":\"alert\",\"ids\":[]}]}\n\ndata: {\"feed\":\"ref\",\"head\":3}\n\n",
                vec![Heard::Delta(Box::new(gone())), hint(FeedClass::Ref, 3)],
                "rows; the name counts for one event only",
            ),
            (
                "event: rows\ndata: {\"epoch\":\"e\",\"feed\":\"ref\",\"from\":1,\"to\":2,\"frames\":[{\"frame\":\"moon\"}]}\n\n",
                vec![hint(FeedClass::Ref, 2)],
                "rows in a form of a newer version are a hint",
            ),
            (
                "event: rows\ndata: {\"feed\":\"xray\",\"to\":2}\n\n",
                vec![Heard::Beat],
                "rows of a newer feed",
            ),
        ] {
            for size in [1, 2, 3, 7, 1000] {
                assert_eq!(heard(text, size), want, "{why}, in pieces of {size}");
            }
        }
    }

    #[test]
    fn an_event_that_never_ends_is_refused() {
        let mut parser = Parser::new(MOST);
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
