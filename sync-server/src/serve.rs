//! The listening server, until it is asked to stop.
//!
//! Its own loop over hyper, because axum's has no limit on slow headers and leaves Nagle's delay on, which a hint of 60
//! bytes would wait for.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::ConnectInfo;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::{AppState, router};

/// Streams of one HTTP/2 connection.
const STREAMS: u32 = 64;

/// Serves until `stop` resolves, then lets what is under way finish, for a while.
///
/// # Errors
/// None today; a failing `accept` is tried again.
pub async fn serve(
    listener: TcpListener,
    app: AppState,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let config = app.config.clone();
    let service = router(app.clone());
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(config.header_time).max_buf_size(64 << 10);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(Duration::from_secs(30));
    let under_way = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(config.connections));
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut stop => break,
        };
        let Some((socket, peer, place)) = accepted else { continue };
        let service = service.clone().layer(Extension(ConnectInfo::<SocketAddr>(peer)));
        let connection =
            builder.serve_connection(TokioIo::new(socket), TowerToHyperService::new(service)).into_owned();
        let watched = under_way.watch(connection);
        tokio::spawn(async move {
            // A peer that breaks off is no event.
            let _ = watched.await;
            drop(place);
        });
    }
    tracing::info!("stopping");
    drop(listener);
    app.stop();
    if tokio::time::timeout(config.drain_time, under_way.shutdown()).await.is_err() {
        tracing::warn!("stopped with requests under way");
    }
    Ok(())
}

type Accepted = (TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit);

/// The next connection, once there is a place for it.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<Accepted> {
    let place = places.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((socket, peer)) => {
            let _ = socket.set_nodelay(true);
            Some((socket, peer, place))
        }
        Err(error) => {
            // Out of file handles, most likely: let some be closed.
            tracing::warn!(kind = ?error.kind(), "accept");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}
