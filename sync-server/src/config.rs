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
    /// For how long a code of an authenticator app is enough at one workstation.
    pub second_factor_kept: Duration,
    /// Proxies in front, whose word on where a request comes from is believed.
    pub trusted_proxies: Vec<std::net::IpAddr>,
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
    /// Of them, those of one network address; a proxy that is trusted has no such bound.
    pub connections_per_address: usize,
    /// How long a connection may stand with no request under way.
    pub idle_time: Duration,
    /// How long a peer may take nothing of what is sent to it.
    pub stall_time: Duration,
    /// Longest time for any request but pull and live; of those, for the body to come.
    pub request_time: Duration,
    /// Longest time for the body of a sign-in or a refresh to come. Nobody waits behind it.
    pub stranger_time: Duration,
    /// Biggest body of such a request, bytes.
    pub stranger_bytes: usize,
    /// Longest time for one blob to come or to go.
    pub blob_time: Duration,
    /// Longest time for one pull.
    pub pull_time: Duration,
    /// Requests at once whose token is being looked up.
    pub entries: usize,
    /// Sign-ins and refreshes at once: in all and of one network address.
    pub strangers: (usize, usize),
    /// Requests at once, pulls and live streams apart; in all and of one clinic, as all pairs here.
    pub requests: (usize, usize),
    /// Sessions that begin at once.
    pub sessions: (usize, usize),
    /// Passwords that are checked at once: each takes a processor and 19 MiB.
    pub sign_ins: (usize, usize),
    /// Transactions of pushes at once: few writers per feed (see sync.md).
    pub pushes: (usize, usize),
    /// Pulls at once.
    pub pulls: (usize, usize),
    /// Requests of one clinic that may wait for each kind of place.
    pub waiting_per_clinic: usize,
    /// Longest wait for a place.
    pub place_wait: Duration,
    /// Pulls at once that also make digests, in all and of one clinic: each reads whole tables.
    pub digests: (usize, usize),
    /// More changes than this after a cursor, and the feed is sent whole instead: an import of everything is not held in
    /// memory as a list of its rows.
    pub changes_before_whole: i64,
    /// Live streams at once, in all and of one clinic.
    pub streams: (usize, usize),
    /// The same of one workstation.
    pub streams_per_workstation: usize,
    /// Commands decided in one transaction.
    pub commands_per_transaction: usize,
    /// Failures of the server over one command before it goes to quarantine.
    pub faults_before_quarantine: u32,
    /// How long commits are gathered before the other nodes hear of them; the first goes out at once.
    pub hint_merge: Duration,
    /// How often heads are looked at, for writers that tell nobody.
    pub hint_poll: Duration,
    /// Clinics whose changes are read for live streams at the same time.
    pub live_reads: usize,
    /// Rows that a live stream carries in one go; what is more is for a pull.
    pub delta_rows: usize,
    /// The same in bytes.
    pub delta_bytes: usize,
    /// Bytes that may wait for one listener before they become hints.
    pub live_queue_bytes: usize,
    /// Whether nodes hear of one another over PostgreSQL; not behind a pooler that hands out connections by transaction.
    pub notify: bool,
    /// Where nodes hear of one another sooner.
    pub redis: Option<redis::Client>,
    /// Where figures are sent over OTLP, without the path.
    pub otlp_endpoint: Option<String>,
    /// How often.
    pub otlp_interval: Duration,
    /// How often the commit log is compacted, by one node at a time.
    pub compact_every: Duration,
    /// A pointer goes this long after a later one to the same row came.
    pub superseded_after: Duration,
    /// A commit goes after this long, once every file that was heard of in this time is past it. A file that comes back
    /// later gets its feeds whole.
    pub forgotten_after: Duration,
    /// How often it is looked whether something that should be sealed rests plain: an import, a row of an older server.
    pub seal_every: Duration,
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
            second_factor_kept: Duration::from_secs(12 * 3600),
            trusted_proxies: Vec::new(),
            attempt_window: Duration::from_secs(15 * 60),
            push_bytes: 4 << 20,
            pull_bytes: 4 << 20,
            body_bytes: 1 << 20,
            header_time: Duration::from_secs(30),
            drain_time: Duration::from_secs(10),
            connections: 12_000,
            connections_per_address: 2_000,
            idle_time: Duration::from_secs(120),
            stall_time: Duration::from_secs(60),
            request_time: Duration::from_secs(30),
            stranger_time: Duration::from_secs(5),
            stranger_bytes: 16 << 10,
            blob_time: Duration::from_secs(5 * 60),
            pull_time: Duration::from_secs(30 * 60),
            entries: 48,
            strangers: (64, 32),
            requests: (256, 128),
            sessions: (8, 6),
            sign_ins: (4, 3),
            pushes: (8, 4),
            pulls: (8, 6),
            waiting_per_clinic: 2000,
            place_wait: Duration::from_secs(10),
            digests: (3, 2),
            changes_before_whole: 200_000,
            streams: (11_000, 10_000),
            streams_per_workstation: 16,
            commands_per_transaction: 32,
            faults_before_quarantine: wattle_sync_rules::push::FAULTS_BEFORE_QUARANTINE,
            hint_merge: Duration::from_millis(10),
            hint_poll: Duration::from_secs(1),
            live_reads: 4,
            delta_rows: 500,
            delta_bytes: 64 << 10,
            live_queue_bytes: 256 << 10,
            notify: true,
            redis: None,
            otlp_endpoint: None,
            otlp_interval: Duration::from_secs(30),
            compact_every: Duration::from_secs(3600),
            superseded_after: Duration::from_secs(24 * 3600),
            forgotten_after: Duration::from_secs(180 * 24 * 3600),
            seal_every: Duration::from_secs(30),
            attempts_kept: Duration::from_secs(90 * 24 * 3600),
            min_app_version: "0.1.0".to_owned(),
        }
    }
}
