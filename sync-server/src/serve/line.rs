//! A connection that is cut when it only stands: with no request under way, or with a peer that takes nothing.
//!
//! hyper limits the time of a header once a header has begun; it has no limit for what comes before the first byte, for
//! the end of an HTTP/2 preface, for an HTTP/2 connection without streams, or for a reader that never reads.

use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// How long a connection may stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Until its first request.
    pub first: Duration,
    /// After a request, until the next.
    pub idle: Duration,
    /// With bytes for the peer that it does not take.
    pub stall: Duration,
}

impl Patience {
    /// A request may begin and end between two looks, and then another time holds.
    fn between_looks(self) -> Duration {
        self.first.min(self.idle)
    }
}

/// The requests of one connection.
#[derive(Debug, Default)]
pub(super) struct Work(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    under_way: usize,
    /// When the last one ended.
    ended: Option<Instant>,
}

/// A request under way, until it is dropped.
pub(super) struct UnderWay(Arc<Work>);

impl Work {
    pub fn begin(self: &Arc<Self>) -> UnderWay {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).under_way += 1;
        UnderWay(self.clone())
    }

    /// Until when the connection may stand; `None` while a request is under way.
    fn until(&self, opened: Instant, patience: Patience) -> Option<Instant> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let stands = state.ended.map_or(opened + patience.first, |ended| ended + patience.idle);
        (state.under_way == 0).then_some(stands)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.under_way -= 1;
        state.ended = Some(Instant::now());
    }
}

/// The bytes of one connection.
pub(super) struct Line<S> {
    socket: S,
    work: Arc<Work>,
    patience: Patience,
    opened: Instant,
    /// Fires when it is to be looked whether the connection only stands.
    look: Pin<Box<Sleep>>,
    /// Runs while the peer takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Line<S> {
    pub fn new(socket: S, work: Arc<Work>, patience: Patience) -> Self {
        let opened = Instant::now();
        let look = Box::pin(sleep_until(opened + patience.between_looks()));
        Self { socket, work, patience, opened, look, stalled: None }
    }

    /// What writing gave, or an error when it has given nothing for too long.
    fn taken<T>(
        &mut self,
        context: &mut Context<'_>,
        given: Poll<Result<T, Error>>,
    ) -> Poll<Result<T, Error>> {
        if given.is_ready() {
            self.stalled = None;
            return given;
        }
        let time = self.patience.stall;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(time)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(Error::from(ErrorKind::TimedOut)))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Line<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<(), Error>> {
        let this = self.get_mut();
        if let Poll::Ready(read) = Pin::new(&mut this.socket).poll_read(context, buffer) {
            return Poll::Ready(read);
        }
        loop {
            ready!(this.look.as_mut().poll(context));
            let now = Instant::now();
            match this.work.until(this.opened, this.patience) {
                Some(until) if until <= now => {
                    return Poll::Ready(Err(Error::from(ErrorKind::TimedOut)));
                }
                until => {
                    let next = now + this.patience.between_looks();
                    this.look.as_mut().reset(until.map_or(next, |until| until.min(next)));
                }
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, Error>> {
        let this = self.get_mut();
        let given = Pin::new(&mut this.socket).poll_write(context, bytes);
        this.taken(context, given)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<Result<usize, Error>> {
        let this = self.get_mut();
        let given = Pin::new(&mut this.socket).poll_write_vectored(context, slices);
        this.taken(context, given)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let this = self.get_mut();
        let given = Pin::new(&mut this.socket).poll_flush(context);
        this.taken(context, given)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let this = self.get_mut();
        let given = Pin::new(&mut this.socket).poll_shutdown(context);
        this.taken(context, given)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    const PATIENCE: Patience = Patience {
        first: Duration::from_secs(30),
        idle: Duration::from_secs(120),
        stall: Duration::from_secs(60),
    };

    fn line(bytes: usize) -> (tokio::io::DuplexStream, Line<tokio::io::DuplexStream>, Arc<Work>) {
        let (peer, socket) = duplex(bytes);
        let work = Arc::new(Work::default());
        (peer, Line::new(socket, work.clone(), PATIENCE), work)
    }

    async fn cut_after(line: &mut Line<tokio::io::DuplexStream>) -> u64 {
        let begin = Instant::now();
        assert_eq!(line.read(&mut [0; 10]).await.unwrap_err().kind(), ErrorKind::TimedOut);
        begin.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_stands_for_a_while_before_and_after_a_request_and_as_long_as_one_takes() {
        let (_peer, mut silent, _work) = line(100);
        assert_eq!(cut_after(&mut silent).await, 30);

        let (mut peer, mut asking, work) = line(100);
        peer.write_all(b"GET").await.unwrap();
        assert_eq!(asking.read(&mut [0; 10]).await.unwrap(), 3);
        let under_way = work.begin();
        let answer = async {
            tokio::time::sleep(Duration::from_secs(1000)).await;
            drop(under_way);
        };
        let (took, ()) = tokio::join!(cut_after(&mut asking), answer);
        assert!((1120..=1240).contains(&took), "{took}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_cut_and_a_slow_one_is_not() {
        let (mut peer, mut line, _work) = line(10);
        let slow = async {
            for _ in 0..9 {
                tokio::time::sleep(Duration::from_secs(50)).await;
                peer.read_exact(&mut [0; 10]).await.unwrap();
            }
            peer
        };
        let (sent, _peer) = tokio::join!(line.write_all(&[1; 100]), slow);
        sent.unwrap();
        let begin = Instant::now();
        assert_eq!(line.write_all(&[1; 100]).await.unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(begin.elapsed().as_secs(), 60);
    }
}
