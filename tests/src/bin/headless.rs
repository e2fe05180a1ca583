//! A workstation as a process of its own: a file, an engine, and somebody who works at random. The chaos test kills it.
//!
//! Stdin tells it what to do, a word a line: `work`, `quiet` (no new commands), `end`; its end is an `end`. Stdout tells how
//! it stands, a JSON object a line. Every saved command is in the ledger, on disk, before the next one is made.
#![allow(clippy::print_stdout)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use clap::Parser;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use wattle_domain::Command;
use wattle_local_store::{Error as StoreError, SubmitError, Submitted};
use wattle_sync_engine::transport::Limits;
use wattle_tests::desk::{Desk, Keeper, Seat};
use wattle_tests::dice::Dice;
use wattle_tests::ledger::{Ledger, Line};
use wattle_tests::work::Worker;

/// A desk.
#[derive(Parser)]
struct Arguments {
    /// The seat, as the test wrote it when it enrolled the desk.
    #[arg(long)]
    seat: PathBuf,
    /// The file.
    #[arg(long)]
    file: PathBuf,
    /// The ledger.
    #[arg(long)]
    ledger: PathBuf,
    /// Where the server is.
    #[arg(long)]
    url: String,
    /// What the work is made from; another one after each start.
    #[arg(long)]
    seed: u64,
    /// What every name that is written begins with.
    #[arg(long)]
    word: String,
    /// Longest time between two commands, milliseconds.
    #[arg(long, default_value_t = 500)]
    pace_ms: u64,
}

/// How often to tell how it stands.
const TELL: Duration = Duration::from_millis(100);

/// How it stands: what the test waits for.
#[derive(Default)]
struct Counts {
    made: u64,
    refused: u64,
    not_saved: u64,
    skipped: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let a = Arguments::parse();
    let keeper = Arc::new(Keeper::new(Seat::read(&a.seat)?, Some(a.seat.clone())));
    // Short, so that a line that went dead is noticed within the test's time. Live says something every 15 s.
    let limits = Limits {
        connect: Duration::from_secs(2),
        answer: Duration::from_secs(8),
        silence: Duration::from_secs(16),
        ..Limits::default()
    };
    let desk = Arc::new(Desk::open(keeper, &a.file, &a.url, limits)?);
    let mut ledger = Ledger::open(&a.ledger)?;
    let mut dice = Dice::new(a.seed, 1);
    let mut worker = Worker::new(Dice::new(a.seed, 2), &a.word);
    let mut words = listen();
    let mut counts = Counts::default();
    let (mut working, mut told) = (false, String::new());
    let mut damaged = desk.driver.damaged();
    let (mut next, mut tell) = (Instant::now(), Instant::now());
    loop {
        tokio::select! {
            word = words.recv() => match word.as_deref() {
                Some("work") => working = true,
                Some("quiet") => working = false,
                Some("online") => desk.driver.online_again(),
                _ => break,
            },
            () = sleep_until(next), if working => {
                next = Instant::now() + Duration::from_millis(dice.throw() % a.pace_ms.max(1));
                worker = once(&desk, worker, &mut ledger, &mut counts).await?;
            }
            () = sleep_until(tell) => {
                tell = Instant::now() + TELL;
                if *damaged.borrow_and_update() {
                    bail!("the file is damaged");
                }
                if desk.keeper.was_refused() {
                    // The tokens went with a lost tail; when it does not work, the next look tries again.
                    let _ = desk.sign_in_again().await;
                }
                let now = standing(&desk, &counts, working);
                if now != told {
                    println!("{now}");
                    told = now;
                }
            }
        }
    }
    desk.driver.stop().await;
    println!("{}", json!({"ended": true}));
    Ok(())
}

/// One piece of work.
async fn once(
    desk: &Arc<Desk>,
    mut worker: Worker,
    ledger: &mut Ledger,
    counts: &mut Counts,
) -> anyhow::Result<Worker> {
    let desk = Arc::clone(desk);
    let (worker, done) = tokio::task::spawn_blocking(move || {
        let done = worker.next(&desk.store, &desk.author).map_err(SubmitError::from).and_then(|commands| {
            let names: Vec<&str> = commands.iter().map(Command::name).collect();
            Ok((names, save(&desk, commands)?))
        });
        (worker, done)
    })
    .await?;
    match done {
        Ok((_, saved)) if saved.is_empty() => counts.skipped += 1,
        Ok((names, saved)) => {
            for (name, Submitted { command_id, .. }) in names.into_iter().zip(saved) {
                ledger.write(&Line { command: command_id, name: name.to_owned() })?;
                counts.made += 1;
            }
        }
        Err(SubmitError::Rejected(_)) => counts.refused += 1,
        // A full disk: the person is told that it is not saved.
        Err(SubmitError::Store(StoreError::NotSaved(_))) => counts.not_saved += 1,
        Err(SubmitError::Store(error)) => return Err(error.into()),
    }
    Ok(worker)
}

/// One command by itself, several together.
fn save(desk: &Desk, mut commands: Vec<Command>) -> Result<Vec<Submitted>, SubmitError> {
    if commands.len() > 1 {
        return desk.submit_group(commands);
    }
    commands.pop().map(|command| desk.submit(command)).into_iter().collect()
}

fn standing(desk: &Desk, counts: &Counts, working: bool) -> String {
    let state = desk.driver.sync_state().borrow().clone();
    let connection = json!(state.connection);
    // While its disk is full a file may not even be readable.
    let facts = desk.store.sync_facts().ok();
    let Counts { made, refused, not_saved, skipped } = counts;
    json!({
        "working": working, "made": made, "refused": refused, "not_saved": not_saved, "skipped": skipped,
        "connection": connection, "in_step": desk.is_in_step(),
        "outbox": facts.as_ref().map(|f| f.outbox_len), "awaiting": facts.as_ref().map(|f| f.awaiting.len()),
        "epoch": facts.as_ref().map(|f| f.epoch.clone()), "cursors": facts.as_ref().map(|f| f.cursors.clone()),
    })
    .to_string()
}

/// Words from stdin, on a thread of their own: a read of it cannot be broken off.
fn listen() -> mpsc::UnboundedReceiver<String> {
    let (said, heard) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if said.send(line).is_err() {
                return;
            }
        }
    });
    heard
}
