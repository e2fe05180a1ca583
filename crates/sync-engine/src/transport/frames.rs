//! The frames of a pull, as they come.

use reqwest::Response;
use wattle_protocol::pull::Frame;

use super::lines::Lines;
use super::{Error, Limits, Why, answer};

/// A pull in progress. Only after [`Frame::Checkpoint`] and then `None` was the stream whole.
#[derive(Debug)]
pub struct Frames {
    response: Response,
    lines: Lines,
    limits: Limits,
    checkpoint: bool,
    over: bool,
}

impl Frames {
    pub(super) fn new(response: Response, limits: Limits) -> Self {
        Self { response, lines: Lines::new(limits.frame_bytes), limits, checkpoint: false, over: false }
    }

    /// The next frame; `None` once, after the checkpoint and the end of the stream.
    ///
    /// # Errors
    /// A cut, silent or malformed stream, one that ends without a checkpoint, or goes on after it. Nothing of it counts.
    pub async fn next(&mut self) -> Result<Option<Frame>, Error> {
        loop {
            if let Some(line) = self.lines.next()? {
                if line.is_empty() {
                    continue;
                }
                if self.checkpoint {
                    return Err(Error::Garbled { what: "a frame after the checkpoint" });
                }
                let frame: Frame = serde_json::from_slice(line)
                    .map_err(|_| Error::Garbled { what: "a line that is no frame" })?;
                self.checkpoint = matches!(frame, Frame::Checkpoint { .. });
                return Ok(Some(frame));
            }
            if self.over {
                let whole = self.checkpoint && !self.lines.has_rest();
                return if whole { Ok(None) } else { Err(Error::Unreachable(Why::Cut)) };
            }
            match answer::within(self.limits.silence, self.response.chunk()).await? {
                Some(piece) => self.lines.feed(&piece),
                None => self.over = true,
            }
        }
    }
}
