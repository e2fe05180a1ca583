//! `catch-up`: a desk that was away while 10,000 rows of a file of 1,000,000 changed.

use std::time::Instant;

use wattle_domain::{FeedClass, TableName};

use super::copy_floor;
use super::figures::Figures;
use super::place::{self, PATIENCE};
use super::scale::Scale;
use crate::desk::Desk;
use crate::house::PEOPLE;
use crate::processes::wait_for;

const ROWS: u32 = 1_000_000;
const CHANGED: u32 = 10_000;

/// Stops a desk, changes rows in commits of 100, starts it again.
///
/// # Errors
/// A part of the house says no.
pub fn run(scale: Scale) -> anyhow::Result<Figures> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(scale))
}

async fn measure(scale: Scale) -> anyhow::Result<Figures> {
    let (rows, changed) = (scale.of(ROWS, 1000), scale.of(CHANGED, 100));
    let mut figures = Figures::new(
        "catch-up",
        format!(
            "{changed} changed appointments on a file of {rows} rows, from the start of the engine to the server's head{}",
            scale.note()
        ),
        "under 0.9 s",
        "PostgreSQL's COPY of the changed rows piped into the same file by INSERT OR REPLACE, one transaction",
    );
    let dir = tempfile::tempdir()?;
    let mut house = place::house(dir.path())?;
    place::fill(&house, rows)?;
    house.start_server().await?;
    let path = dir.path().join("reception.db");
    let desk = Desk::enrol(&house, &house.server_url(), &path, "reception-1", &PEOPLE[0]).await?;
    desk.in_step("the first sync", PATIENCE).await?;
    let keeper = desk.keeper.clone();
    let key = desk.close().await;
    place::change(&house, changed)?;
    let head = house.count(&format!(
        "SELECT seq FROM sync.feed WHERE clinic_id = '{}' AND class = 'front'",
        house.clinic()
    ))?;

    let start = Instant::now();
    let desk = Desk::open(keeper, &path, &house.server_url(), Default::default())?;
    let mut news = desk.store.subscribe();
    loop {
        let at = desk.store.sync_facts()?.cursors.get(&FeedClass::Front).map_or(0, |seq| seq.0);
        if at >= head {
            break;
        }
        tokio::time::timeout(PATIENCE, news.recv()).await??;
    }
    let seconds = start.elapsed().as_secs_f64();
    wait_for("the desk is in step", PATIENCE, async || desk.is_in_step().then_some(())).await?;
    figures.memory(house.server_pid());
    drop(desk.close().await);

    let (copied, floor) = copy_floor::catch_up(&house, &path, &key, TableName::Appointment, "AND rev > 1")?;
    anyhow::ensure!(copied == u64::from(changed), "the floor copies what changed: {copied} of {changed}");
    figures.put("seconds", seconds);
    figures.put("floor", floor.as_secs_f64());
    figures.put("floor_ratio", seconds / floor.as_secs_f64());
    figures.met = Some(seconds < 0.9);
    Ok(figures)
}
