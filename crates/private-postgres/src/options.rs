//! How a cluster is run.

/// How a cluster is run; `Options::default()` is durable, like production.
#[derive(Debug, Clone)]
pub struct Options {
    /// False turns `fsync`, `synchronous_commit` and `full_page_writes` off: quicker, for tests that never
    /// crash the server. A cluster that was killed while not durable may be unusable.
    pub durable: bool,
    /// Further settings, as `name`, `value` of postgresql.conf; they win over ours.
    pub settings: Vec<(String, String)>,
}

impl Default for Options {
    fn default() -> Self {
        Self { durable: true, settings: Vec::new() }
    }
}

impl Options {
    /// For tests that do not crash the server: nothing waits for the disk.
    #[must_use]
    pub fn quick() -> Self {
        Self { durable: false, ..Self::default() }
    }

    /// With the memory that docs/operating.md asks for a clinic of a million bookings: PostgreSQL's own defaults are those of a laptop of
    /// twenty years ago, and an import through them waits for pages that were put out a moment before.
    #[must_use]
    pub fn sized(self) -> Self {
        self.with("shared_buffers", "2GB").with("max_wal_size", "8GB")
    }

    /// Adds one setting of postgresql.conf.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The `-c name=value` arguments of the server.
    pub(crate) fn arguments(&self) -> Vec<String> {
        // A statement or an error's DETAIL can hold a patient's data: neither goes into the server's log.
        let mut all = vec![
            ("log_min_error_statement".to_owned(), "panic".to_owned()),
            ("log_error_verbosity".to_owned(), "terse".to_owned()),
            ("listen_addresses".to_owned(), "127.0.0.1".to_owned()),
            // TCP with a password only: a socket file would need a short path, and be one more way in.
            ("unix_socket_directories".to_owned(), String::new()),
        ];
        if !self.durable {
            for name in ["fsync", "synchronous_commit", "full_page_writes"] {
                all.push((name.to_owned(), "off".to_owned()));
            }
        }
        all.extend(self.settings.iter().cloned());
        all.into_iter().flat_map(|(name, value)| ["-c".to_owned(), format!("{name}={value}")]).collect()
    }
}
