//! Which faults, in which order: drawn from the seed. Each lasts while people work on, and overlaps with the next.

use wattle_tests::dice::Dice;
use wattle_tests::processes::wait_for;
use wattle_tests::wire::Mode;

use super::town::{MANAGER, PATIENCE, SMALL, Town};

/// What breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A node is killed.
    Node(usize),
    /// A desk's process is killed.
    Desk(usize),
    /// PostgreSQL stops without writing anything.
    Database,
    /// A desk's line is cut.
    Line(usize),
    /// A desk's line goes dead, and nobody is told.
    HalfOpen(usize),
    /// Answers are cut off in the middle.
    Answers(usize, &'static str),
    /// A desk's disk is full.
    Disk,
    /// A person's grants are taken away.
    Grants,
}

fn schedule(dice: &mut Dice, desks: usize) -> Vec<Fault> {
    let mut all =
        vec![Fault::Node(0), Fault::Node(1), Fault::Database, Fault::Database, Fault::Disk, Fault::Grants];
    let mut desk = || dice.below(desks);
    all.extend([Fault::Desk(desk()), Fault::Desk(desk()), Fault::Desk(desk()), Fault::Desk(desk())]);
    all.extend([Fault::Line(desk()), Fault::Line(desk()), Fault::HalfOpen(desk()), Fault::HalfOpen(desk())]);
    let routes = ["/v1/push", "/v1/pull", "/v1/session", "/v1/push"];
    all.extend(routes.map(|route| Fault::Answers(desk(), route)));
    dice.shuffle(&mut all);
    all
}

pub async fn play(town: &mut Town, seed: u64) {
    let mut dice = Dice::new(seed, 7);
    let mut open: Vec<Fault> = Vec::new();
    for fault in schedule(&mut dice, town.desks.len()) {
        println!("       {fault:?}, with {} commands saved", town.saved());
        begin(town, fault).await;
        open.push(fault);
        town.work_on(10 + dice.below(20)).await;
        // One fault lasts on into the next.
        if open.len() > 1 {
            let oldest = open.remove(0);
            end(town, oldest, &open).await;
        }
    }
    while !open.is_empty() {
        let oldest = open.remove(0);
        end(town, oldest, &open).await;
    }
}

async fn begin(town: &mut Town, fault: Fault) {
    match fault {
        Fault::Node(which) => town.nodes[which].kill(),
        Fault::Desk(which) => town.desks[which].kill(),
        Fault::Database => {
            tokio::task::block_in_place(|| town.house.cluster().stop_immediately()).unwrap();
        }
        Fault::Line(which) => town.desks[which].wire.set(Mode::Down),
        Fault::HalfOpen(which) => town.desks[which].wire.set(Mode::HalfOpen),
        Fault::Answers(which, route) => {
            town.desks[which].wire.set(Mode::Cut { route, after_bytes: 0, times: 2 });
        }
        Fault::Disk => fill_the_disk(town).await,
        Fault::Grants => {
            let user = town.desks[MANAGER].seat().signed_in.user;
            let sql = format!(
                "WITH gone AS (DELETE FROM clinic.user_role WHERE user_id = '{user}' RETURNING clinic_id) \
                 INSERT INTO clinic.user_role (clinic_id, user_id, role) SELECT DISTINCT clinic_id, '{user}'::uuid, 'reception' FROM gone"
            );
            if town.house.text(&sql).is_err() {
                // The database is down: whoever takes grants away waits too.
                tokio::task::block_in_place(|| town.house.cluster().restart()).unwrap();
                town.house.text(&sql).unwrap();
            }
        }
    }
}

/// `still` are the faults that go on.
async fn end(town: &mut Town, fault: Fault, still: &[Fault]) {
    match fault {
        Fault::Node(which) => town.nodes[which].start(&town.house, which).await,
        // Not onto a full disk: that a file cannot be opened there is no question.
        Fault::Desk(SMALL) if still.contains(&Fault::Disk) => {}
        Fault::Desk(which) => town.desks[which].start(),
        Fault::Database => {
            if !still.contains(&Fault::Database) {
                tokio::task::block_in_place(|| town.house.cluster().restart()).unwrap();
            }
        }
        Fault::Line(which) | Fault::HalfOpen(which) | Fault::Answers(which, _) => {
            town.desks[which].wire.set(Mode::Pass);
        }
        Fault::Disk => {
            if let Ok(disk) = &town.disk {
                disk.empty();
            }
            town.desks[SMALL].start();
        }
        Fault::Grants => {}
    }
}

/// Fills it while the desk runs, and waits until the person there is told that something is not saved.
async fn fill_the_disk(town: &mut Town) {
    let Town { disk, desks, .. } = town;
    let disk = match disk {
        Ok(disk) => disk,
        Err(why) => {
            println!("SKIPPED disk-full: no small disk can be mounted here: {why}");
            return;
        }
    };
    let desk = &mut desks[SMALL];
    if !desk.is_running() {
        desk.start();
    }
    let refused = wait_for("a command that the full disk does not take", PATIENCE, async || {
        disk.fill();
        desk.standing().and_then(|s| s["not_saved"].as_u64()).filter(|n| *n > 0)
    });
    let refused = refused.await;
    refused.unwrap_or_else(|error| panic!("{error}\n{}", desk.last_words()));
}
