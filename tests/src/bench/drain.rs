//! `drain`: a thousand commands made while the line was down, to their final verdicts in an encrypted file.

use std::time::{Duration, Instant};

use super::figures::Figures;
use super::scale::Scale;
use super::{by_hand, place};
use crate::desk::Desk;
use crate::house::PEOPLE;
use crate::wire::{Mode, Wire};
use crate::work::registration;

const COMMANDS: u32 = 1_000;

/// Cuts the line, works, mends it.
///
/// # Errors
/// A part of the house says no.
pub fn run(scale: Scale) -> anyhow::Result<Figures> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(scale))
}

async fn measure(scale: Scale) -> anyhow::Result<Figures> {
    let commands = scale.of(COMMANDS, 100);
    let mut figures = Figures::new(
        "drain",
        format!(
            "{commands} registrations made offline, from the moment the network is back to the last verdict and its row in the \
             file{}",
            scale.note()
        ),
        "under 0.6 s",
        "the same SQL by hand, 32 commands a transaction, one client",
    );
    let dir = tempfile::tempdir()?;
    let mut house = place::house(dir.path())?;
    house.start_server().await?;
    let path = dir.path().join("reception.db");
    let wire = Wire::to(&house.server_url(), Mode::Pass).await?;
    let desk = Desk::enrol(&house, wire.url(), &path, "reception-1", &PEOPLE[0]).await?;
    desk.in_step("the first sync", place::PATIENCE).await?;
    wire.set(Mode::Down);
    let store = desk.store.clone();
    let author = desk.author.clone();
    tokio::task::spawn_blocking(move || {
        for n in 0..commands {
            let command = registration(&format!("Offline{n}"), "0400 000 000");
            let command = command.ok_or_else(|| anyhow::anyhow!("no such command"))?;
            store.submit(&author, command.into())?;
        }
        Ok::<_, anyhow::Error>(())
    })
    .await??;
    anyhow::ensure!(desk.store.sync_facts()?.outbox_len == u64::from(commands), "all of them wait");
    let mut state = desk.driver.sync_state();
    let start = Instant::now();
    wire.set(Mode::Pass);
    desk.driver.online_again();
    desk.driver.nudge();
    // The state changes with every step of the engine; it is looked at again then, and at nothing else.
    while !desk.is_in_step() {
        tokio::time::timeout(Duration::from_secs(60), state.changed()).await??;
    }
    let seconds = start.elapsed().as_secs_f64();
    let there = house.count("SELECT count(*) FROM clinic.patient WHERE family_name LIKE 'Offline%'")?;
    anyhow::ensure!(there == u64::from(commands), "{there} of {commands} are at the server");
    figures.memory(house.server_pid());
    desk.driver.stop().await;
    let clinic = [house.clinic().to_owned()];
    let per_s = by_hand::commands_per_s(&house, dir.path(), &clinic, 32, 1, Duration::from_secs(3))?;
    let floor = f64::from(commands) / per_s;
    figures.put("seconds", seconds);
    figures.put("commands_per_s", f64::from(commands) / seconds);
    figures.put("floor", floor);
    figures.put("floor_ratio", seconds / floor);
    figures.met = Some(seconds < 0.6);
    Ok(figures)
}
