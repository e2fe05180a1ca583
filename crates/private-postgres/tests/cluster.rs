//! Each test makes and runs a real cluster.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::net::TcpStream;

use wattle_private_postgres::{Cluster, Error, Options};

fn quick() -> Cluster {
    Cluster::start_temporary_with(Options::quick()).unwrap()
}

fn someone_listens_on(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

#[test]
fn a_temporary_cluster_answers_and_leaves_nothing_behind() {
    let cluster = quick();
    assert_eq!(cluster.execute("postgres", "SELECT 1, 'x'").unwrap(), "1|x");
    let (dir, port) = (cluster.dir().to_owned(), cluster.port());
    assert!(someone_listens_on(port));
    drop(cluster);
    assert!(!dir.exists(), "a temporary folder goes with its cluster");
    assert!(!someone_listens_on(port), "the server goes with its cluster");
}

#[test]
fn the_password_is_asked_for_and_differs_from_cluster_to_cluster() {
    let (one, other) = (quick(), quick());
    let password = |cluster: &Cluster| cluster.url("postgres").split([':', '@']).nth(2).unwrap().to_owned();
    assert_ne!(password(&one), password(&other));

    let hba = one.execute("postgres", "SELECT DISTINCT auth_method FROM pg_hba_file_rules").unwrap();
    assert_eq!(hba, "scram-sha-256", "nobody gets in without the password, not even on this machine");
    assert_eq!(one.execute("postgres", "SHOW listen_addresses").unwrap(), "127.0.0.1");
}

#[test]
fn databases_are_created_once_and_copied() {
    let cluster = quick();
    let url = cluster.create_database("clinic").unwrap();
    assert_eq!(url, cluster.url("clinic"));
    cluster.execute("clinic", "CREATE TABLE t AS SELECT 7 AS n").unwrap();

    cluster.create_database("clinic").unwrap();
    assert_eq!(cluster.execute("clinic", "SELECT n FROM t").unwrap(), "7", "creating again changes nothing");

    cluster.copy_database("clinic", "copy").unwrap();
    assert_eq!(cluster.execute("copy", "SELECT n FROM t").unwrap(), "7");
}

#[test]
fn names_that_need_quoting_are_refused() {
    let cluster = quick();
    for name in ["", "1st", "Clinic", "a b", "a;drop", "a\"b", &"x".repeat(64)] {
        let refused = cluster.create_database(name);
        assert!(matches!(refused, Err(Error::BadName { .. })), "{name:?} gave {refused:?}");
    }
}

#[test]
fn a_wrong_statement_says_why() {
    let cluster = quick();
    let Err(Error::Program { said, .. }) = cluster.execute("postgres", "SELEC 1") else { panic!("it ran") };
    assert!(said.contains("syntax error"), "{said}");
}

#[test]
fn committed_rows_survive_a_crash_on_the_same_port() {
    let mut cluster = Cluster::start_temporary().unwrap();
    assert_eq!(cluster.execute("postgres", "SHOW fsync").unwrap(), "on", "durable is the default");
    cluster.execute("postgres", "CREATE TABLE t AS SELECT 7 AS n").unwrap();
    let (port, pid) = (cluster.port(), cluster.pid());

    cluster.kill().unwrap();
    assert_eq!(cluster.pid(), None);
    assert!(cluster.execute("postgres", "SELECT 1").is_err(), "nobody answers after a crash");

    cluster.restart().unwrap();
    assert_eq!(cluster.port(), port);
    assert_ne!(cluster.pid(), pid);
    assert_eq!(cluster.execute("postgres", "SELECT n FROM t").unwrap(), "7");
}

#[test]
fn it_stops_and_starts_again_in_order() {
    let mut cluster = quick();
    let port = cluster.port();
    cluster.stop().unwrap();
    cluster.stop().unwrap();
    assert!(!someone_listens_on(port));
    cluster.restart().unwrap();
    cluster.restart().unwrap();
    assert_eq!(cluster.execute("postgres", "SELECT 1").unwrap(), "1");
}

#[test]
fn a_kept_folder_is_used_again_by_one_owner_at_a_time() {
    let parent = tempfile::tempdir_in("/var/tmp").unwrap();
    open_to_others(parent.path());
    let dir = parent.path().join("kept");

    let first = Cluster::start_with(&dir, Options::quick()).unwrap();
    first.execute("postgres", "CREATE TABLE t AS SELECT 7 AS n").unwrap();
    let url = first.url("postgres");
    assert!(matches!(Cluster::start_with(&dir, Options::quick()), Err(Error::InUse { .. })));
    drop(first);
    assert!(dir.join("data").exists(), "only temporary folders are removed");

    let again = Cluster::start_with(&dir, Options::quick()).unwrap();
    assert_eq!(again.execute("postgres", "SELECT n FROM t").unwrap(), "7");
    assert_eq!(again.url("postgres"), url, "same password, and the same port while it is free");
}

#[test]
fn somebody_elses_folder_is_left_alone() {
    let parent = tempfile::tempdir_in("/var/tmp").unwrap();
    open_to_others(parent.path());
    std::fs::write(parent.path().join("thesis.txt"), "years of work").unwrap();
    let refused = Cluster::start_with(parent.path(), Options::quick());
    assert!(matches!(refused, Err(Error::NotOurs { .. })), "{refused:?}");
    assert_eq!(std::fs::read_to_string(parent.path().join("thesis.txt")).unwrap(), "years of work");
}

#[test]
fn settings_reach_the_server() {
    let options = Options::quick().with("max_connections", "23");
    let cluster = Cluster::start_temporary_with(options).unwrap();
    assert_eq!(cluster.execute("postgres", "SHOW max_connections").unwrap(), "23");
    assert_eq!(cluster.execute("postgres", "SHOW fsync").unwrap(), "off");
}

/// Root's cluster runs as user postgres, who must get through.
fn open_to_others(dir: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_server_whose_owner_died_is_stopped_and_its_folder_used_again() {
    const DIR: &str = "WATTLE_TEST_ORPHAN_DIR";
    if let Some(dir) = std::env::var_os(DIR) {
        // The owner, in a process of its own: it dies without stopping its server.
        let cluster = Cluster::start_with(dir, Options::quick()).unwrap();
        cluster.execute("postgres", "CREATE TABLE t AS SELECT 7 AS n").unwrap();
        std::process::abort();
    }
    let parent = tempfile::tempdir_in("/var/tmp").unwrap();
    open_to_others(parent.path());
    let dir = parent.path().join("kept");
    let owner = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_server_whose_owner_died_is_stopped_and_its_folder_used_again"])
        .env(DIR, &dir)
        .output()
        .unwrap();
    assert!(!owner.status.success());

    // At once, while the dead owner's guard may be stopping the old server: the new one must not be taken for it.
    let cluster = Cluster::start_with(&dir, Options::quick()).unwrap();
    assert_eq!(cluster.execute("postgres", "SELECT n FROM t").unwrap(), "7");
}

#[test]
fn a_cluster_that_nobody_dropped_ends_with_its_program() {
    const SAY: &str = "WATTLE_TEST_FORGET";
    if std::env::var_os(SAY).is_some() {
        // As a test does that keeps its cluster in a `static`: nothing is dropped when the program ends.
        let cluster = Box::leak(Box::new(quick()));
        println!("\nleft {} {}", cluster.port(), cluster.dir().display());
        return;
    }
    let owner = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "a_cluster_that_nobody_dropped_ends_with_its_program"])
        .env(SAY, "1")
        .output()
        .unwrap();
    let said = String::from_utf8(owner.stdout).unwrap();
    let left = said.lines().find_map(|line| line.strip_prefix("left ")).expect("it started");
    let (port, dir) = left.split_once(' ').unwrap();

    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while someone_listens_on(port.parse().unwrap()) || std::path::Path::new(dir).exists() {
        assert!(std::time::Instant::now() < deadline, "server or folder is still there: {left}");
        std::thread::yield_now();
    }
}

#[test]
fn a_kept_folder_outlives_its_temporary_cluster() {
    let mut cluster = quick();
    let dir = cluster.keep().unwrap();
    drop(cluster);
    assert!(dir.join("data/PG_VERSION").exists());
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn an_immediate_stop_loses_nothing_that_was_committed() {
    let mut cluster = Cluster::start_temporary().unwrap();
    cluster.execute("postgres", "CREATE TABLE t AS SELECT 7 AS n").unwrap();
    cluster.stop_immediately().unwrap();
    assert!(!someone_listens_on(cluster.port()));
    cluster.restart().unwrap();
    assert_eq!(cluster.execute("postgres", "SELECT n FROM t").unwrap(), "7");
}

#[test]
fn a_standby_follows_is_cut_off_and_promoted_without_the_tail() {
    let mut primary = Cluster::start_temporary().unwrap();
    primary.execute("postgres", "CREATE TABLE t AS SELECT 7 AS n").unwrap();
    let standby = primary.standby().unwrap();
    primary.execute("postgres", "INSERT INTO t VALUES (8)").unwrap();
    standby.catch_up_with(&primary).unwrap();
    assert_eq!(standby.execute("postgres", "SELECT max(n) FROM t").unwrap(), "8");
    assert!(standby.execute("postgres", "INSERT INTO t VALUES (9)").is_err(), "it only follows");

    standby.cut_off().unwrap();
    primary.execute("postgres", "INSERT INTO t VALUES (9)").unwrap();
    primary.kill().unwrap();
    standby.promote().unwrap();
    assert_eq!(standby.execute("postgres", "SELECT max(n) FROM t").unwrap(), "8", "the tail is lost");
    standby.execute("postgres", "INSERT INTO t VALUES (10)").unwrap();
    let timeline = "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)";
    assert_eq!(standby.execute("postgres", timeline).unwrap(), "00000002");
}
