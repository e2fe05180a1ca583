//! The listening server, until it is asked to stop.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::{AppState, router};

/// Serves until `stop` resolves, then finishes what is under way.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    listener: TcpListener,
    app: AppState,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let service = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(async move {
            stop.await;
            tracing::info!("stopping");
            app.stop();
        })
        .await
}
