//! The settings of a running server: limits and lives, with defaults that suit a clinic.

use std::time::Duration;

/// What `serve` may be told. Every limit is here, so that a test can make it small.
#[derive(Clone, Debug)]
pub struct Config {
    /// Connections to PostgreSQL.
    pub database_connections: u32,
    /// How long an access token is good.
    pub access_life: Duration,
    /// How long a refresh token is good.
    pub refresh_life: Duration,
    /// For how long a used refresh token may be offered again when the answer to its first use was lost.
    pub refresh_grace: Duration,
    /// How long somebody may work with no server.
    pub offline_lease: Duration,
    /// Wrong passwords of one account within [`Config::attempt_window`] before it must wait.
    pub attempts_per_user: i64,
    /// The same per network address; a clinic often has one for all desks.
    pub attempts_per_address: i64,
    /// Over which time wrong passwords are counted, and the longest wait.
    pub attempt_window: Duration,
    /// Biggest body of a push, bytes.
    pub push_bytes: usize,
    /// Biggest body of a pull, bytes: stamps of the rows in damaged buckets, and ids of awaited commands.
    pub pull_bytes: usize,
    /// Biggest body of any other request, bytes.
    pub body_bytes: usize,
    /// Longest time for the header of a request.
    pub header_time: Duration,
    /// Longest time that a stop waits for what is under way.
    pub drain_time: Duration,
    /// Connections at once.
    pub connections: usize,
    /// Longest time for any request but pull and live.
    pub request_time: Duration,
    /// Longest time for one pull.
    pub pull_time: Duration,
    /// Requests at once, pulls and live streams apart.
    pub requests: usize,
    /// Pushes at once: few writers per feed (see sync.md).
    pub pushes: usize,
    /// Pulls at once.
    pub pulls: usize,
    /// Pulls at once that also make digests: each reads whole tables.
    pub digests: usize,
    /// More changes than this after a cursor, and the feed is sent whole instead: an import of everything is not held in
    /// memory as a list of its rows.
    pub changes_before_whole: i64,
    /// Live streams at once.
    pub streams: usize,
    /// Commands decided in one transaction.
    pub commands_per_transaction: usize,
    /// Failures of the server over one command before it goes to quarantine.
    pub faults_before_quarantine: u32,
    /// How long hints of one clinic are gathered before they go out.
    pub hint_merge: Duration,
    /// How often heads are looked at, for writers that tell nobody.
    pub hint_poll: Duration,
    /// How often the commit log is compacted, by one node at a time.
    pub compact_every: Duration,
    /// A pointer goes this long after a later one to the same row came.
    pub superseded_after: Duration,
    /// A commit goes after this long, once every file that was heard of in this time is past it. A file that comes back
    /// later gets its feeds whole.
    pub forgotten_after: Duration,
    /// How long sign-in attempts are kept.
    pub attempts_kept: Duration,
    /// Apps older than this must update first.
    pub min_app_version: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database_connections: 24,
            access_life: Duration::from_secs(10 * 60),
            refresh_life: Duration::from_secs(30 * 24 * 3600),
            refresh_grace: Duration::from_secs(60),
            offline_lease: Duration::from_secs(72 * 3600),
            attempts_per_user: 5,
            attempts_per_address: 50,
            attempt_window: Duration::from_secs(15 * 60),
            push_bytes: 4 << 20,
            pull_bytes: 4 << 20,
            body_bytes: 1 << 20,
            header_time: Duration::from_secs(30),
            drain_time: Duration::from_secs(10),
            connections: 4000,
            request_time: Duration::from_secs(30),
            pull_time: Duration::from_secs(30 * 60),
            requests: 256,
            pushes: 8,
            pulls: 8,
            digests: 2,
            changes_before_whole: 200_000,
            streams: 2000,
            commands_per_transaction: 32,
            faults_before_quarantine: wattle_sync_rules::push::FAULTS_BEFORE_QUARANTINE,
            hint_merge: Duration::from_millis(10),
            hint_poll: Duration::from_secs(1),
            compact_every: Duration::from_secs(3600),
            superseded_after: Duration::from_secs(24 * 3600),
            forgotten_after: Duration::from_secs(180 * 24 * 3600),
            attempts_kept: Duration::from_secs(90 * 24 * 3600),
            min_app_version: "0.1.0".to_owned(),
        }
    }
}
