//! The same as the simulator, with real parts: PostgreSQL, two nodes, ten desks as processes, and everything breaks.
//!
//! The run prints its seed; `WATTLE_CHAOS_SEED` plays the same schedule of faults and the same people again (what meets
//! what is up to the machine). It waits for conditions, and every wait has an end.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

mod check;
mod desk;
mod director;
mod disk;
mod failover;
mod settle;
mod town;

use std::time::Instant;

use town::Town;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_saved_is_lost_whatever_breaks() {
    let seed = seed();
    println!("WATTLE_CHAOS_SEED={seed}");
    let dir = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let mut town = Town::found(dir.path(), seed).await;
    println!("{:>5.1} s: a town with {} desks", started.elapsed().as_secs_f64(), town.desks.len());
    director::play(&mut town, seed).await;
    println!("{:>5.1} s: every fault was played", started.elapsed().as_secs_f64());
    failover::lose_the_tail(&mut town).await;
    println!("{:>5.1} s: the standby is the primary", started.elapsed().as_secs_f64());
    settle::settle(&mut town).await;
    println!("{:>5.1} s: everything is healed and at rest", started.elapsed().as_secs_f64());
    check::all(&mut town).await;
    println!("{:>5.1} s: checked", started.elapsed().as_secs_f64());
}

fn seed() -> u64 {
    match std::env::var("WATTLE_CHAOS_SEED") {
        Ok(text) => text.parse().expect("WATTLE_CHAOS_SEED is a number"),
        Err(_) => uuid::Uuid::new_v4().as_u64_pair().0 % 1_000_000_000,
    }
}
