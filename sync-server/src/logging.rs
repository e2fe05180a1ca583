//! Logs: JSON on stderr, ids and codes only. A panic says where, never what: its message could quote a value.

use tracing_subscriber::EnvFilter;

/// Begins to log; `RUST_LOG` chooses what, `info` by default. Later calls change nothing.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let _ = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).try_init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic");
    }));
}
