//! An asynchronous standby takes over without the last that the primary acknowledged.

use wattle_tests::processes::wait_for;

use super::town::{PATIENCE, Town};

/// How many commands the new primary must have lost.
const TAIL: u64 = 15;
const DECIDED: &str = "SELECT count(*) FROM clinic.command_log";

pub async fn lose_the_tail(town: &mut Town) {
    let standby = tokio::task::block_in_place(|| {
        let standby = town.house.cluster().standby()?;
        standby.catch_up_with(town.house.cluster())?;
        Ok::<_, wattle_private_postgres::Error>(standby)
    });
    let standby = standby.unwrap();
    town.work_on(20).await;
    tokio::task::block_in_place(|| standby.cut_off()).unwrap();
    let kept: u64 = standby.execute("wattle", DECIDED).unwrap().parse().unwrap();
    let decided = wait_for("verdicts that only the primary has", PATIENCE, async || {
        town.house.count(DECIDED).ok().filter(|decided| *decided >= kept + TAIL)
    });
    let decided = decided.await;
    let decided = decided.unwrap_or_else(|error| panic!("{error}\n{}", town.report()));
    println!("       {} verdicts are lost, with {} commands saved", decided - kept, town.saved());

    tokio::task::block_in_place(|| town.house.cluster().kill()).unwrap();
    town.nodes.iter_mut().for_each(super::town::Node::kill);
    tokio::task::block_in_place(|| standby.promote()).unwrap();
    drop(town.house.fail_over_to(standby));
    for which in [0, 1] {
        town.nodes[which].start(&town.house, which).await;
    }
    town.work_on(20).await;
}
