//! Killed without warning, again and again, and run again: the result is the same.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use wattle_filemaker_standin::Settings;
use wattle_fm_migrate::verify::checksums;
use wattle_fm_migrate::wire::Route;

use super::support::{CLINIC, House, database, number, plan, small};

pub fn start(house: &House, database: &str, action: &str, route: Route, more: &[(&str, &str)]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_fm-migrate"))
        .args([action, "--mapping"])
        .arg(house.mapping())
        .args(["--clinic", &CLINIC.to_string(), "--route", route.as_str()])
        .env("DATABASE_URL", database)
        .env("FM_USER", "migrator")
        .env("FM_PASSWORD", "read-only")
        .envs(more.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// How a run ended.
#[derive(Debug, PartialEq)]
enum Ended {
    Killed,
    Done,
    /// The one that was killed before is not yet gone from the database.
    Busy,
}

/// Runs until so many lines of progress were said, then kills.
fn run(house: &House, database: &str, action: &str, route: Route, lines: u64) -> Ended {
    let mut child = start(house, database, action, route, &[]);
    let mut said = String::new();
    let mut seen = 0;
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        said.push_str(&line.unwrap());
        said.push('\n');
        seen += 1;
        if seen == lines {
            child.kill().unwrap();
        }
    }
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    let status = child.wait().unwrap();
    if status.success() {
        assert!(out.ends_with("}\n"), "{out}");
        return Ended::Done;
    }
    if said.contains("another import is running") {
        return Ended::Busy;
    }
    assert!(status.code().is_none(), "it must be killed or done: {said}");
    Ended::Killed
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_kills_at_random_moments_change_nothing() {
    let Some(calm) = database("never_killed").await else { return };
    let house = House::new(small(), Settings { page_rows: 50, ..Settings::default() }).await;
    house.edit_mapping("page_rows = 200", "page_rows = 50");
    house.extract(&calm, Route::Odata).await.unwrap();
    house.import(&calm, Route::Odata).await.unwrap();
    let wanted = checksums(&calm, CLINIC).await.unwrap();
    let mut dice = 0x9E37_79B9_u64;
    for route in [Route::Odata, Route::DataApi] {
        let url = database(&format!("killed_{}", route.as_str())).await.unwrap();
        let (mut kills, mut staged) = (0, Vec::new());
        for action in ["extract", "import"] {
            let mut left = 5;
            loop {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                // Few lines come before the end of an import: its kills fall between its tables.
                let lines = if left == 0 { u64::MAX } else { 1 + (dice >> 33) % 9 };
                let ended = tokio::task::block_in_place(|| run(&house, &url, action, route, lines));
                match ended {
                    Ended::Done => break,
                    Ended::Killed => {
                        left -= 1;
                        kills += 1;
                        staged.push(number(&url, "SELECT count(*) FROM staging.raw_row").await);
                    }
                    Ended::Busy => tokio::task::yield_now().await,
                }
            }
        }
        assert!(kills >= 6, "{kills} kills of {route:?}");
        assert!(staged.windows(2).any(|pair| pair[0] < pair[1]), "it went on where it was: {staged:?}");
        assert_eq!(checksums(&url, CLINIC).await.unwrap(), wanted, "{route:?}");
        // A whole run more changes nothing.
        for action in ["extract", "import"] {
            let ended = tokio::task::block_in_place(|| run(&house, &url, action, route, u64::MAX));
            assert_eq!(ended, Ended::Done);
        }
        assert_eq!(checksums(&url, CLINIC).await.unwrap(), wanted, "{route:?}");
        assert_eq!(number(&url, "SELECT count(*) FROM staging.superseded").await, 0);
        assert_eq!(
            number(&url, "SELECT count(*) FROM pg_class WHERE relname LIKE 'landing%'").await,
            0,
            "no landing table is left of any of them"
        );
    }
}

/// Autovacuum does this to a table while a first import of it runs, or after one was killed.
const BELIEVED_EMPTY: &str = "WITH told AS (UPDATE pg_class SET relpages = 10000, reltuples = 0 \
    WHERE oid IN ('clinic.appointment'::regclass, 'clinic.patient'::regclass) RETURNING 1) SELECT count(*) FROM told";

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_believed_to_be_empty_is_counted_before_keys_are_looked_up_in_it() {
    let Some(url) = database("believed_empty").await else { return };
    assert_eq!(number(&url, BELIEVED_EMPTY).await, 2);
    let house = House::new(plan(), Settings::default()).await;
    house.import(&url, Route::File).await.unwrap();
    let believed = "SELECT reltuples::bigint FROM pg_class WHERE oid = 'clinic.appointment'::regclass";
    assert_eq!(number(&url, believed).await, 3_000);
}
