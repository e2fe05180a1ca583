//! kill -9 in the middle of writing: what was told to be saved is there after reopening.

use std::io::{BufRead, BufReader};
use std::process::{Command as Process, Stdio};

use wattle_local_store::Store;

use super::cast::{book, desk, maria, open, patient};

const FOLDER: &str = "WATTLE_TEST_CRASH_FOLDER";

/// Not a test by itself: the child that is killed. It books without end and says so after each booking.
#[test]
fn child_that_books_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let store = open(folder.as_ref());
    let author = maria();
    for n in 1.. {
        store.submit(&author, book(n, 1, i64::try_from(n).unwrap() * 15)).unwrap();
        println!("\nsaved {n}");
    }
}

#[test]
fn a_submit_that_returned_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    drop(desk(folder.path(), &[patient(1, "Maria", "Costa", "1963-02-01")]));
    let mut child = Process::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child_that_books_until_it_is_killed", "--nocapture"])
        .env(FOLDER, folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let number = |line: String| line.strip_prefix("saved ").and_then(|n| n.parse::<u64>().ok());
    let twenty_fifth = lines.by_ref().filter_map(number).find(|n| *n >= 25);
    assert_eq!(twenty_fifth, Some(25), "the child books");
    // SIGKILL, most likely in the middle of a transaction.
    child.kill().unwrap();
    child.wait().unwrap();
    let saved = lines.filter_map(number).last().unwrap_or(25);
    let store: Store = open(folder.path());
    let facts = store.sync_facts().unwrap();
    assert!(facts.outbox_len >= saved, "{} in the outbox, {saved} were told to be saved", facts.outbox_len);
    assert_eq!(facts.last_n, facts.outbox_len, "numbers are dense");
    let batch = store.outbox_batch(usize::MAX, usize::MAX).unwrap();
    assert_eq!(batch.len() as u64, facts.outbox_len);
    let marked: i64 = super::cast::look(folder.path())
        .query_row("SELECT count(*) FROM appointment", [], |row| row.get(0))
        .unwrap();
    assert_eq!(
        marked as u64, facts.outbox_len,
        "each command with its effect, no effect without its command"
    );
}
