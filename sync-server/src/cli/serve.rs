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
use wattle_server::{AppState, serve};

use super::secrets::{app_pool, secret};
use super::{images, kms, output};

#[derive(Args)]
pub(crate) struct Serve {
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
    /// Address of a proxy in front, whose `X-Forwarded-For` is believed; may be given more than once. Without it everybody
    /// behind the proxy shares one count of wrong passwords.
    #[arg(long = "trusted-proxy", env = "WATTLE_TRUSTED_PROXIES", value_delimiter = ',')]
    trusted_proxies: Vec<std::net::IpAddr>,
    /// Connections of one network address at once; a proxy named with --trusted-proxy has no such bound.
    #[arg(long, env = "WATTLE_CONNECTIONS_PER_ADDRESS", default_value_t = 2000)]
    connections_per_address: usize,
    /// Connections to PostgreSQL.
    #[arg(long, env = "WATTLE_DATABASE_CONNECTIONS", default_value_t = 24)]
    database_connections: u32,
    /// Where figures for Prometheus are served, in the clear, for example 127.0.0.1:9464; nowhere when left out.
    #[arg(long, env = "WATTLE_METRICS_LISTEN")]
    metrics_listen: Option<SocketAddr>,
    /// Where figures are sent over OTLP, without the path: http://collector:4318.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    otlp_endpoint: Option<String>,
    /// Do not use PostgreSQL's LISTEN and NOTIFY between servers: a pooler that hands out connections by transaction
    /// loses them.
    #[arg(long, env = "WATTLE_NO_NOTIFY")]
    no_notify: bool,
    /// Apps older than this, as in 1.4.0, send what they hold and fetch nothing until they are updated.
    #[arg(long, env = "WATTLE_MIN_APP_VERSION", default_value = "0.1.0", value_parser = version)]
    min_app_version: String,
    #[command(flatten)]
    keys: kms::Keys,
    #[command(flatten)]
    images: images::Images,
}

impl Serve {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let redis = secret("REDIS_URL")?
            .map(redis::Client::open)
            .transpose()
            .context("REDIS_URL cannot be read; it looks like redis://host:6379")?;
        let config = Config {
            database_connections: self.database_connections,
            connections_per_address: self.connections_per_address,
            notify: !self.no_notify,
            trusted_proxies: self.trusted_proxies,
            redis,
            otlp_endpoint: self.otlp_endpoint,
            min_app_version: self.min_app_version,
            ..Config::default()
        };
        if let Err(error) = wattle_no_dump::forbid() {
            tracing::warn!(%error, "the system may write this process's memory to disk when it crashes");
        }
        allow_connections(config.connections);
        let key = self.keys.server_key(true)?;
        let pool = app_pool(config.database_connections, key.as_ref())?;
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
        let figures = match self.metrics_listen {
            Some(at) => Some(
                TcpListener::bind(at).await.with_context(|| format!("cannot listen on {at} for figures"))?,
            ),
            None => None,
        };
        let app = self.images.give(AppState::new(pool, config, Arc::new(SystemClock)), &self.keys, key)?;
        match figures {
            None => output::say(&json!({"listening": address.to_string()})),
            Some(figures) => {
                let at = figures.local_addr()?;
                if !at.ip().is_loopback() {
                    tracing::warn!(%at, "figures are served in the clear beyond this computer");
                }
                output::say(&json!({"listening": address.to_string(), "metrics": at.to_string()}));
                tokio::spawn(serve::serve_metrics(figures, app.clone()));
            }
        }
        tracing::info!(%address, "listening");
        match tls {
            Some(tls) => serve::serve_tls(listener, app, tls, asked_to_stop()).await?,
            None => serve::serve(listener, app, asked_to_stop()).await?,
        }
        Ok(())
    }
}

/// `major.minor.patch`: an app ignores a version that it cannot read, so one that is mistyped would do nothing.
fn version(text: &str) -> Result<String, String> {
    let numbers: Vec<&str> = text.split('.').collect();
    let good = numbers.len() == 3 && numbers.iter().all(|n| n.parse::<u32>().is_ok());
    if good { Ok(text.to_owned()) } else { Err("a version looks like 1.4.0".to_owned()) }
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

/// Each connection takes a file handle, and systems start programs with few.
#[cfg(unix)]
fn allow_connections(connections: usize) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let wanted = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(1000);
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|now| now >= wanted) {
        return;
    }
    let current = limit.maximum.map_or(wanted, |most| most.min(wanted));
    if current < wanted || setrlimit(Resource::Nofile, Rlimit { current: Some(current), ..limit }).is_err() {
        tracing::warn!(
            handles = current,
            wanted,
            "fewer file handles than connections: raise the limit (ulimit -n)"
        );
    }
}

#[cfg(not(unix))]
fn allow_connections(_: usize) {}
