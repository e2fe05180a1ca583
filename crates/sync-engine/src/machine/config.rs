//! The figures the machine works by.

/// How the machine behaves; [`Config::new`] has what a clinic needs.
#[derive(Clone, Debug)]
pub struct Config {
    /// Version of this app, `major.minor.patch`; compared with the server's `min_app_version`.
    pub app_version: String,
    /// Where the jitter comes from. Another one per workstation, the same one in a test.
    pub seed: u64,
    /// Longest first wait after a failure; doubles with each further one.
    pub backoff_base_ms: u64,
    /// Longest wait after any failure (but for a longer `retry_after` of the server).
    pub backoff_cap_ms: u64,
    /// First wait between two pulls while live is down; doubles while nothing comes.
    pub poll_min_ms: u64,
    /// Longest wait between two pulls while live is down.
    pub poll_max_ms: u64,
    /// How long after an answered push, while live is up, to ask for the checkpoint that covers it: the rows come by
    /// themselves, so what is left to do makes way for them, and one question serves several pushes.
    pub cover_ms: u64,
    /// How often to say hello again while live is up, so that a revoked grant or a clock that is wrong is noticed.
    pub recheck_ms: u64,
    /// How often to ask whether a closed door (suspended, upgrade, sign in again) has opened.
    pub probe_ms: u64,
    /// How long a round of comparisons over the whole file takes: a table's stamps, then a sample of its contents, then the
    /// next table, spread evenly.
    pub digest_ms: u64,
    /// Most commands in one push.
    pub push_max_commands: usize,
    /// Most bytes of payloads in one push.
    pub push_max_bytes: usize,
    /// Bytes after which a pull stops at the next commit.
    pub pull_max_bytes: u64,
}

impl Config {
    /// The usual figures.
    #[must_use]
    pub fn new(app_version: &str, seed: u64) -> Self {
        Self {
            app_version: app_version.to_owned(),
            seed,
            backoff_base_ms: 500,
            backoff_cap_ms: 30_000,
            poll_min_ms: 1_000,
            poll_max_ms: 30_000,
            cover_ms: 30,
            recheck_ms: 300_000,
            probe_ms: 60_000,
            digest_ms: 6 * 3_600_000,
            push_max_commands: 200,
            push_max_bytes: 1 << 20,
            pull_max_bytes: 64 << 20,
        }
    }
}

/// Whether version `ours` is before `theirs`; a version that cannot be read is never before another.
pub(super) fn older(ours: &str, theirs: &str) -> bool {
    fn parts(version: &str) -> Option<[u64; 3]> {
        let plain = version.split(['-', '+']).next()?;
        let mut numbers = plain.split('.').map(str::parse::<u64>);
        let mut next = || numbers.next().unwrap_or(Ok(0)).ok();
        Some([next()?, next()?, next()?])
    }
    matches!((parts(ours), parts(theirs)), (Some(ours), Some(theirs)) if ours < theirs)
}

#[cfg(test)]
mod tests {
    use super::older;

    #[test]
    fn versions_compare_by_number() {
        for (ours, theirs, want, why) in [
            ("0.1.0", "0.1.0", false, "the same is new enough"),
            ("0.9.0", "0.10.0", true, "numbers, not letters"),
            ("1.0.0", "0.9.9", false, "newer"),
            ("1.2", "1.2.1", true, "a missing part is 0"),
            ("1.2.0-rc.1", "1.2.0", false, "a candidate counts as its release"),
            ("1.2.0", "", false, "no floor given"),
            ("odd", "1.0.0", false, "never lock somebody out over a word we cannot read"),
        ] {
            assert_eq!(older(ours, theirs), want, "{ours} before {theirs}: {why}");
        }
    }
}
