//! How long to wait and how much to take.

use std::time::Duration;

/// Limits of a [`super::Transport`].
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until a connection stands, TLS included.
    pub connect: Duration,
    /// Until an answer is there (for a pull and live: has begun).
    pub answer: Duration,
    /// Between two pieces of a stream. A live connection must say something (a comment will do) more often than this.
    pub silence: Duration,
    /// Size of an answer that is not streamed.
    pub answer_bytes: usize,
    /// Size of one frame of a pull.
    pub frame_bytes: usize,
    /// Size of one event of live. The server sends a hint instead of rows of more than 256 KiB.
    pub event_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(60),
            silence: Duration::from_secs(30),
            answer_bytes: 16 << 20,
            frame_bytes: 32 << 20,
            event_bytes: 1 << 20,
        }
    }
}
