//! The models under dbt itself, beside our own refresh of the same files.

use std::path::{Path, PathBuf};
use std::process::Command;

use sqlx::AssertSqlSafe;
use wattle_fm_migrate::models::write_dbt;
use wattle_fm_migrate::wire::Route;
use wattle_models::shipped;

use super::models::Clinic;
use super::support::CLINIC;

/// dbt as the tests' setup or the machine has it.
fn dbt() -> Option<PathBuf> {
    let given = std::env::var_os("WATTLE_DBT_BIN").map(PathBuf::from);
    let found = given.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join("dbt")).find(|program| program.is_file())
    });
    if found.is_none() {
        eprintln!(
            "SKIPPED models under dbt: dbt is not installed; `cargo xtask test` installs it where there is Python"
        );
    }
    found
}

/// `dbt build`: whether it went well, and what it said.
async fn build(program: &Path, project: &Path, url: &str) -> (bool, String) {
    // postgres://user:password@host:port/database, as the private cluster writes it.
    let rest = url.strip_prefix("postgres://").unwrap();
    let (who, place) = rest.split_once('@').unwrap();
    let (user, password) = who.split_once(':').unwrap();
    let (host, database) = place.split_once('/').unwrap();
    let (host, port) = host.split_once(':').unwrap();
    let mut command = Command::new(program);
    command
        .args(["--no-use-colors", "build", "--project-dir"])
        .arg(project)
        .arg("--profiles-dir")
        .arg(project)
        .envs([
            ("PGHOST", host),
            ("PGPORT", port),
            ("PGUSER", user),
            ("PGPASSWORD", password),
            ("PGDATABASE", database),
        ])
        .env("PGOPTIONS", format!("-c wattle.clinic={CLINIC}"))
        .env("DBT_LOG_PATH", project.join("logs"));
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said)
}

#[tokio::test(flavor = "multi_thread")]
async fn dbt_makes_the_same_of_the_same_files_and_holds_the_same_tests() {
    let Some(program) = dbt() else { return };
    let Some(clinic) = Clinic::new("under_dbt", Route::File).await else { return };
    let folder = tempfile::tempdir().unwrap();
    write_dbt(folder.path()).unwrap();
    sqlx::raw_sql("CREATE SCHEMA read_model_dbt AUTHORIZATION wattle_migrator")
        .execute(&clinic.pool)
        .await
        .unwrap();
    clinic.refresh().await;

    let (good, said) = build(&program, folder.path(), &clinic.url).await;
    assert!(good, "{said}");
    assert!(said.contains("WARN=0 ERROR=0 SKIP=0"), "{said}");
    // A view of dbt's asks in its owner's name, which sees the clinic that is named.
    let mut look = clinic.pool.acquire().await.unwrap();
    let here = AssertSqlSafe(format!("SET wattle.clinic = '{CLINIC}'"));
    sqlx::raw_sql(here).execute(&mut *look).await.unwrap();
    for model in shipped().unwrap() {
        let theirs = format!("read_model_dbt.{}", model.name);
        let count = |a: &str, b: &str| {
            AssertSqlSafe(format!("SELECT count(*) FROM (SELECT * FROM {a} EXCEPT ALL SELECT * FROM {b}) d"))
        };
        let ours = model.output.to_string();
        for (a, b) in [(&ours, &theirs), (&theirs, &ours)] {
            let more: i64 = sqlx::query_scalar(count(a, b))
                .fetch_one(&mut *look)
                .await
                .unwrap_or_else(|e| panic!("{a}: {e}"));
            assert_eq!(more, 0, "rows of {a} that {b} has not");
        }
    }
    // Each test of a header is one of dbt's, and the keys beside them.
    let tests: usize = shipped().unwrap().iter().map(|m| m.tests.len() + 1).sum();
    let passed = said.matches(" PASS ").count();
    assert_eq!(passed, tests, "{said}");

    // What does not hold for us does not hold for dbt.
    clinic
        .past_the_rules("UPDATE staging.run SET report = jsonb_set(report, '{tables,patients,loaded}', '1')")
        .await;
    let ours = wattle_fm_migrate::models::refresh(&clinic.url, CLINIC, None, Some("import_account")).await;
    assert!(ours.unwrap_err().to_string().contains("patients"));
    let (good, said) = build(&program, folder.path(), &clinic.url).await;
    assert!(!good && said.contains("import_account_1") && said.contains("FAIL 1"), "{said}");
}
