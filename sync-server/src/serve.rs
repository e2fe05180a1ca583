//! The listening server, until it is asked to stop.
//!
//! Its own loop over hyper, because axum's has no limit on slow headers and leaves Nagle's delay on, which a hint of 60
//! bytes would wait for.

mod line;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use futures::StreamExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Config;
use crate::peer::network;
use crate::tls::Tls;
use crate::{AppState, metrics_router, router};
use line::{Line, Patience, Work};

/// Streams of one HTTP/2 connection.
const STREAMS: u32 = 64;

/// Serves in the clear until `stop` resolves, then lets what is under way finish, for a while. For this computer, or
/// behind a proxy that does TLS.
///
/// # Errors
/// None today; a failing `accept` is tried again.
pub async fn serve(
    listener: TcpListener,
    app: AppState,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    run(listener, app.clone(), router(app), None, stop).await;
    Ok(())
}

/// Serves the figures at `/metrics`, in the clear, until the server stops. They name workstations by id and say how busy
/// a clinic is: the listener should be for this computer, or for a network of its own.
pub async fn serve_metrics(listener: TcpListener, app: AppState) {
    let mut stopping = app.stopping.clone();
    let stop = async move {
        let _ = stopping.wait_for(|stop| *stop).await;
    };
    let figures = metrics_router(app.clone());
    run(listener, app, figures, None, stop).await;
}

/// Serves over TLS until `stop` resolves.
///
/// # Errors
/// None today; a failing `accept` or handshake ends only its connection.
pub async fn serve_tls(
    listener: TcpListener,
    app: AppState,
    tls: Tls,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    run(listener, app.clone(), router(app), Some(tls), stop).await;
    Ok(())
}

async fn run(
    listener: TcpListener,
    app: AppState,
    service: Router,
    tls: Option<Tls>,
    stop: impl Future<Output = ()>,
) {
    let config = app.config.clone();
    let builder = Arc::new(builder(&config));
    let under_way = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(config.connections));
    let patience = Patience { first: config.header_time, idle: config.idle_time, stall: config.stall_time };
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut stop => break,
        };
        let Some((socket, peer, place)) = accepted else { continue };
        // Behind a proxy that is trusted stands everybody.
        let is_proxy = config.trusted_proxies.contains(&peer.ip().to_canonical());
        let share = if is_proxy { None } else { Some(app.limits.connections.take(network(peer.ip()))) };
        if matches!(share, Some(None)) {
            app.metrics.refused();
            continue;
        }
        let work = Arc::new(Work::default());
        let service = service.clone().layer(from_fn_with_state((peer, work.clone()), attend));
        let (builder, watcher, tls) = (builder.clone(), under_way.watcher(), tls.clone());
        tokio::spawn(async move {
            match tls {
                None => connection(&builder, Line::new(socket, work, patience), service, watcher).await,
                Some(Tls(acceptor)) => {
                    // Whoever does not get through the handshake in time is cut like one with a slow header.
                    if let Ok(Ok(secret)) =
                        tokio::time::timeout(patience.first, acceptor.accept(socket)).await
                    {
                        connection(&builder, Line::new(secret, work, patience), service, watcher).await;
                    }
                }
            }
            drop((place, share));
        });
    }
    tracing::info!("stopping");
    drop(listener);
    app.stop();
    if tokio::time::timeout(config.drain_time, under_way.shutdown()).await.is_err() {
        tracing::warn!("stopped with requests under way");
    }
}

fn builder(config: &Config) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(config.header_time).max_buf_size(64 << 10);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(Duration::from_secs(30));
    builder
}

/// Says from where a request comes, and that it is under way until its answer is out.
async fn attend(
    State((peer, work)): State<(SocketAddr, Arc<Work>)>,
    mut request: Request,
    next: Next,
) -> Response {
    let under_way = work.begin();
    request.extensions_mut().insert(ConnectInfo(peer));
    let answer = next.run(request).await;
    if answer.body().size_hint().exact().is_some() {
        return answer;
    }
    // A stream is out when its last piece is.
    answer.map(|body| {
        let pieces = body.into_data_stream().inspect(move |_| {
            let _held = &under_way;
        });
        Body::from_stream(pieces)
    })
}

async fn connection(
    builder: &Builder<TokioExecutor>,
    socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    service: Router,
    watcher: Watcher,
) {
    let connection = builder.serve_connection(TokioIo::new(socket), TowerToHyperService::new(service));
    // A peer that breaks off is no event.
    let _ = watcher.watch(connection.into_owned()).await;
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
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
