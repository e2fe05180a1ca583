//! A clinic in a stand-in for FileMaker Server, and databases to bring it into.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use uuid::Uuid;
use wattle_domain::ClinicId;
use wattle_filemaker_standin::{Settings, Standin, clinic};
use wattle_fm_migrate::Error;
use wattle_fm_migrate::extract::{self, Extracted};
use wattle_fm_migrate::import;
use wattle_fm_migrate::report::Report;
use wattle_fm_migrate::sample::{self, Plan};
use wattle_fm_migrate::verify::{self, Verified, Why, verify};
use wattle_fm_migrate::wire::{Account, Route};
use wattle_private_postgres::{Cluster, Options};

pub const CLINIC: ClinicId = ClinicId(Uuid::from_u128(0xC11));

pub fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    let cluster = CLUSTER.get_or_init(|| match Cluster::start_temporary_with(Options::quick()) {
        Ok(cluster) => Some(cluster),
        Err(why) => {
            eprintln!("SKIPPED extraction into PostgreSQL: {why}");
            None
        }
    });
    cluster.as_ref()
}

/// A database with the server's schema; `None` where PostgreSQL is not installed.
pub async fn database(name: &str) -> Option<String> {
    let name = name.to_owned();
    let url = tokio::task::spawn_blocking(move || cluster().map(|c| c.create_database(&name).unwrap()))
        .await
        .unwrap()?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/server");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "sql") && !f.ends_with("bootstrap.sql"));
    files.sort();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let run = |path: &Path| AssertSqlSafe(std::fs::read_to_string(path).unwrap());
    connection.execute(sqlx::raw_sql(run(&folder.join("bootstrap.sql")))).await.unwrap();
    connection.execute("SET ROLE wattle_owner").await.unwrap();
    connection.execute("CREATE SCHEMA sync").await.unwrap();
    for file in files {
        let done = connection.execute(sqlx::raw_sql(run(&file))).await;
        done.unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }
    // As the server's admin makes it.
    let clinic = format!(
        "SELECT set_config('wattle.clinic', '{CLINIC}', false);
         INSERT INTO clinic.clinic (clinic_id, id, name, time_zone) VALUES ('{CLINIC}', '{CLINIC}', 'Sample', 'Australia/Sydney')"
    );
    connection.execute(sqlx::raw_sql(AssertSqlSafe(clinic))).await.unwrap();
    Some(url)
}

/// A sample clinic, served.
pub struct House {
    pub folder: tempfile::TempDir,
    pub standin: Standin,
}

impl House {
    pub async fn new(plan: Plan, settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        sample::write(&plan, folder.path()).unwrap();
        let standin = Standin::start(clinic::sample(folder.path()).unwrap(), settings).await.unwrap();
        let this = Self { folder, standin };
        this.standin.teach(&this.mapping(), "page_rows = 200\nfirst_wait_ms = 1\n").unwrap();
        this
    }

    pub fn mapping(&self) -> PathBuf {
        self.folder.path().join("clinic.toml")
    }

    pub fn edit_mapping(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.mapping()).unwrap();
        assert!(text.contains(from), "the mapping has no {from}");
        std::fs::write(self.mapping(), text.replacen(from, to, 1)).unwrap();
    }

    pub fn edit_file(&self, name: &str, from: &str, to: &str) {
        let path = self.folder.path().join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    pub async fn extract(&self, database: &str, route: Route) -> Result<Extracted, Error> {
        let request = extract::Request {
            mapping: self.mapping(),
            database_url: database.into(),
            clinic: CLINIC,
            account: Some(Account { user: "migrator".into(), password: "read-only".into() }),
            route: Some(route),
        };
        extract::extract(&request, &|_, _, _, _| {}).await
    }

    pub async fn import(&self, database: &str, route: Route) -> Result<Report, Error> {
        let request = import::Request {
            mapping: self.mapping(),
            database_url: database.into(),
            clinic: CLINIC,
            route: Some(route),
            map_key: None,
        };
        import::import(&request, &|_, _, _, _| {}).await
    }

    /// Reads what changed and imports it, twice: everything adds up, and the second import writes nothing.
    pub async fn week(&self, database: &str) -> Report {
        self.extract(database, Route::DataApi).await.unwrap();
        let report = self.import(database, Route::DataApi).await.unwrap();
        for (name, table) in &report.tables {
            assert_eq!(table.read, table.loaded + table.rejected, "{name}");
        }
        let again = self.import(database, Route::DataApi).await.unwrap();
        assert_eq!(again.written, 0, "a second run writes nothing");
        report
    }

    /// Verifies, with every record on the spot-check page.
    pub async fn verify(&self, database: &str) -> Verified {
        let request = verify::Request {
            mapping: self.mapping(),
            database_url: database.into(),
            clinic: CLINIC,
            out: self.folder.path().join("verified"),
            spot: Some(400),
            ticked: None,
            map_key: None,
            typesetter: None,
        };
        verify(&request).await.unwrap()
    }

    /// Verifies with ticks that somebody has saved from its page, which stays.
    pub async fn ticked(&self, database: &str, ticks: &Path) -> Verified {
        let request = verify::Request {
            mapping: self.mapping(),
            database_url: database.into(),
            clinic: CLINIC,
            out: self.folder.path().join("verified"),
            spot: None,
            ticked: Some(ticks.into()),
            map_key: None,
            typesetter: None,
        };
        verify(&request).await.unwrap()
    }

    /// The same: nothing is unexplained.
    pub async fn verified(&self, database: &str) -> Verified {
        let verified = self.verify(database).await;
        let odd: Vec<_> = verified.differences.iter().filter(|d| d.why == Why::Unexplained).collect();
        let sums: Vec<_> = verified.sums.iter().filter(|s| !s.good()).collect();
        assert!(odd.is_empty() && verified.good, "{odd:?} {sums:?}");
        verified
    }
}

/// Rows that are written past every trigger, as no program of ours can.
pub async fn tamper(database: &str, sql: &str) -> u64 {
    let pool = PgPool::connect(database).await.unwrap();
    let mut tx = pool.begin().await.unwrap();
    sqlx::raw_sql("SET LOCAL session_replication_role = replica").execute(&mut *tx).await.unwrap();
    let done = sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    pool.close().await;
    done.rows_affected()
}

/// What a person does in Wattle.
pub async fn by_hand(database: &str, sql: &str) {
    let pool = PgPool::connect(database).await.unwrap();
    let user = Uuid::from_u128(1);
    let whole = format!(
        "SELECT set_config('wattle.clinic', '{CLINIC}', false), set_config('wattle.user', '{user}', false); {sql}"
    );
    sqlx::raw_sql(AssertSqlSafe(whole)).execute(&pool).await.unwrap();
    pool.close().await;
}

/// What a seal of the server looks like.
pub const SEAL: &str = "E'\\x01s1:AAAA'";

pub fn plan() -> Plan {
    Plan {
        patients: 1_000,
        appointments: 3_000,
        notes: 800,
        ..Plan::standard(3, "2026-11-22".parse().unwrap())
    }
}

pub fn small() -> Plan {
    Plan { patients: 120, appointments: 600, notes: 150, ..Plan::standard(5, "2026-11-22".parse().unwrap()) }
}

/// What one row has in one column of text.
pub async fn word(database: &str, sql: &'static str) -> String {
    let pool = PgPool::connect(database).await.unwrap();
    let found = sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap();
    pool.close().await;
    found
}

pub async fn number(database: &str, sql: &'static str) -> i64 {
    let pool = PgPool::connect(database).await.unwrap();
    let number = sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    pool.close().await;
    number
}

/// Shorter than any wait of a person, longer than any of a test.
pub const A_LONG_WHILE: Duration = Duration::from_secs(3_600);
