//! `wattle-server serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;
use wattle_server::clock::SystemClock;
use wattle_server::config::Config;
use wattle_server::tls::Tls;
use wattle_server::{AppState, db, serve};

use super::output;

#[derive(Args)]
pub(crate) struct Serve {
    /// `postgres://…` of the role wattle_app.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// PEM file of the server's certificate and the chain behind it; without it the server speaks in the clear, which
    /// is for this computer or behind a proxy that does TLS.
    #[arg(long, env = "WATTLE_TLS_CERT", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// PEM file of the certificate's private key.
    #[arg(long, env = "WATTLE_TLS_KEY", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Connections to PostgreSQL.
    #[arg(long, env = "WATTLE_DATABASE_CONNECTIONS", default_value_t = 24)]
    database_connections: u32,
}

impl Serve {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let config = Config { database_connections: self.database_connections, ..Config::default() };
        let pool = db::connect::app_pool(&self.database_url, config.database_connections)
            .context("DATABASE_URL cannot be read")?;
        let tls = match (&self.tls_cert, &self.tls_key) {
            (Some(certificates), Some(key)) => Some(Tls::read(certificates, key)?),
            _ => None,
        };
        if tls.is_none() && !self.listen.ip().is_loopback() {
            tracing::warn!("speaking in the clear beyond this computer: a proxy in front must do TLS");
        }
        let listener = TcpListener::bind(self.listen)
            .await
            .with_context(|| format!("cannot listen on {}", self.listen))?;
        let address = listener.local_addr()?;
        let app = AppState::new(pool, config, Arc::new(SystemClock));
        output::say(&json!({"listening": address.to_string()}));
        tracing::info!(%address, "listening");
        match tls {
            Some(tls) => serve::serve_tls(listener, app, tls, asked_to_stop()).await?,
            None => serve::serve(listener, app, asked_to_stop()).await?,
        }
        Ok(())
    }
}

/// SIGTERM, or Ctrl-C at a terminal.
#[cfg(unix)]
async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(_) => interrupted().await,
    }
}

#[cfg(not(unix))]
async fn asked_to_stop() {
    interrupted().await;
}

async fn interrupted() {
    // With no way to be asked, the process is ended from outside; its work is safe at every moment.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
